# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pairs of images for all measurements. Each pair is built once and kept in the cache directory.

server  two Debian root file systems by mmdebstrap and mke2fs: v1 of the release alone, v2 with updates and security
built   the same packages by `lautta build`: kernel and initrd uncompressed, and next to the image too
tiny    a few generated megabytes, to check that the benchmark itself works
"""

import os
import random
import shutil
import subprocess

from measure import Failed, run

PACKAGES = """systemd-sysv openssh-server nginx python3 vim curl less man-db iproute2 ifupdown rsync git perl gcc make
linux-image-cloud-amd64 openssl postgresql php-cli xfonts-base libc6-dev emacs-nox imagemagick ghostscript""".split()
UUID = "11111111-2222-3333-4444-555555555555"
SUITE = "bookworm"
VERSIONS = ("v1", "v2")
NAMES = ("server", "built", "tiny")


class Pair:
    """Two versions: the image of each, and the kernel and initrd of a service, if it has them."""

    def __init__(self, name, directory):
        self.name = name
        self.directory = directory
        self.blobs = [""] + [s for s in (".kernel", ".initrd") if os.path.exists(self.image("v1") + s)]

    def image(self, version):
        return os.path.join(self.directory, version + ".raw")

    def files(self, version):
        return [self.image(version) + suffix for suffix in self.blobs]

    def describe(self):
        """Returns the sizes of the pair, and the number of changed packages."""
        lists = [self._packages(v) for v in VERSIONS]
        return {v: {"bytes": sum(map(os.path.getsize, self.files(v))),
                    "data_bytes": sum(os.stat(f).st_blocks * 512 for f in self.files(v)),
                    "packages": len(lists[i])} for i, v in enumerate(VERSIONS)} | {
                        "packages_changed": len(lists[1] - lists[0])}

    def _packages(self, version):
        path = self.image(version) + ".packages"
        if not os.path.exists(path):
            return set()
        with open(path, encoding="utf-8") as file:
            return set(file.read().splitlines())


class Sources:
    """The mirrors of the packages: the given mirrors, or those of this machine's apt."""

    def __init__(self, mirror=None, security=None):
        sites = [] if mirror and security else self._of_this_machine()
        self.mirror = mirror or self._choose(sites, "Debian")
        self.security = security or self._choose(sites, "Debian-Security") or self.mirror + "-security"

    @staticmethod
    def _of_this_machine():
        lines = run(["apt-get", "indextargets", "--format", "$(LABEL)|$(SITE)", "Created-By: Packages"]).splitlines()
        return [line.split("|", 1) for line in lines if "|" in line]

    @staticmethod
    def _choose(sites, label):
        found = next((site for its_label, site in sites if its_label == label), None)
        if not found and label == "Debian":
            raise Failed("this machine's apt has no Debian source: run \"apt-get update\", or give --mirror URL")
        return found

    def lines(self, version, option=""):
        suites = [(self.mirror, SUITE)]
        if version == "v2":
            suites += [(self.mirror, f"{SUITE}-updates"), (self.security, f"{SUITE}-security")]
        return [f"deb {option}{site} {suite} main" for site, suite in suites]


def get(name, cache, lautta, sources, say):
    """Returns the pair, from the cache or built now. `sources` is called only to build it."""
    directory = os.path.join(cache, name)
    if not os.path.exists(os.path.join(directory, "done")):
        say(f"building the pair '{name}' in {directory}")
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)
        {"server": _build_server, "built": _build_built, "tiny": _build_tiny}[name](directory, lautta, sources)
        open(os.path.join(directory, "done"), "w", encoding="utf-8").close()
    return Pair(name, directory)


def _make_file_system(tree, image, size):
    run(["mke2fs", "-q", "-t", "ext4", "-U", UUID, "-E", f"hash_seed={UUID}", "-d", tree, image, size],
        env=os.environ | {"PATH": os.environ["PATH"] + ":/sbin:/usr/sbin"})


def _build_server(directory, lautta, sources):
    if os.geteuid() != 0:
        raise Failed("the pair 'server' is built by root")
    sources = sources()
    running = []
    for version in VERSIONS:
        tree = os.path.join(directory, version)
        with open(tree + ".log", "wb") as log:
            running.append(subprocess.Popen(
                ["mmdebstrap", "--quiet", "--variant=important", "--include=" + ",".join(PACKAGES), SUITE, tree,
                 *sources.lines(version)], stdin=subprocess.DEVNULL, stdout=log, stderr=log))
    codes = [process.wait() for process in running]
    if any(codes):
        raise Failed(f"mmdebstrap failed; see {directory}/*.log")
    for version in VERSIONS:
        tree, image = os.path.join(directory, version), os.path.join(directory, version + ".raw")
        with open(image + ".packages", "w", encoding="utf-8") as file:
            file.write(run(["dpkg-query", "--admindir", tree + "/var/lib/dpkg", "-W"]))
        _make_file_system(tree, image, "4G")
        shutil.rmtree(tree)


def _build_built(directory, lautta, sources):
    sources = sources()
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    home = os.path.join(directory, "home")
    for number, version in enumerate(VERSIONS, 1):
        description = os.path.join(directory, version + ".yaml")
        further = sources.lines(version, f"[signed-by={keyring}] ")[1:]
        with open(description, "w", encoding="utf-8") as file:
            file.write(f"service: server\nversion: {number}\nimage:\n  build:\n    suite: {SUITE}\n    variant: important\n"
                       f"    packages: [{', '.join(PACKAGES)}]\n    size: 4G\n")
            if further:
                file.write("    sources:\n" + "".join(f"      - {line}\n" for line in further))
        run([lautta, "build", description, "-o", os.path.join(directory, version + ".raw"), "--mirror", sources.mirror,
             "--quiet"], env=os.environ | {"LAUTTA_HOME": home})
    shutil.rmtree(home)


def _build_tiny(directory, lautta, sources):
    """Make random bytes and text, the same every time; the second version has some changed and some additional files."""
    for version in VERSIONS:
        tree = os.path.join(directory, version)
        os.makedirs(tree)
        for number in range(24 + 2 * (version == "v2")):
            source = random.Random(f"{number}.{version if number % 8 == 0 else 'v1'}")
            with open(os.path.join(tree, f"file-{number:02}"), "wb") as file:
                file.write(source.randbytes(100_000) + f"line {number}\n".encode() * 10_000)
        for where, _, names in os.walk(tree):
            for name in names + ["."]:
                os.utime(os.path.join(where, name), (1, 1))
        _make_file_system(tree, tree + ".raw", "32M")
        shutil.rmtree(tree)
