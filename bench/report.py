# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes tables of results, and a verdict on each target. A target is a ratio of two numbers of the same run."""

import os

import disks

MIB = 1 << 20
LAUTTA, PLAIN, AGENT = "lautta", "lautta, no deltas", "lautta-agent"


def find(results, pair, tool, work):
    plain_too = (PLAIN, LAUTTA) if tool == PLAIN else (tool,)
    for name in plain_too:
        for result in results:
            if (result["pair"], result["tool"], result["work"]) == (pair, name, work) and "skipped" not in result:
                return result
    return None


class Targets:
    def __init__(self, results):
        self.results = results
        self.rows = []

    def ratio(self, what, key, ours, theirs, limit):
        """Add the ratio of two results, each named as (pair, tool, work), unless one of them was not measured."""
        a, b = find(self.results, *ours), find(self.results, *theirs)
        if not a or not b or key not in a or not b.get(key):
            return
        value = a[key] / b[key]
        busy = max(_others_share(a), _others_share(b)) if key == "wall_s" else 0
        self.rows.append({"what": what, "pair": ours[0], "ours": a[key], "theirs": b[key], "unit": key, "against": theirs[1],
                          "ratio": value, "to_reach": limit, "reached": None if limit is None or busy > 0.5 else value <= limit, "machine_was_busy": busy})

    def bound(self, what, pair, unit, value, limit, reached):
        self.rows.append({"what": what, "pair": pair, "ours": value, "theirs": None, "unit": unit, "against": None,
                          "ratio": None, "to_reach": limit, "reached": reached})


def targets(results):
    """Returns the targets, in the order of the work. The pair tiny is too small for a verdict."""
    t = Targets(results)
    for pair in ("server", "built", "tiny"):
        def pit(what, key, work, limit, ours=LAUTTA, theirs="casync", their_work=None):
            t.ratio(what, key, (pair, ours, work), (pair, theirs, their_work or work), limit)

        pit("publish v1, wall", "wall_s", "publish v1", 1 / 8)
        pit("publish v1, CPU", "cpu_s", "publish v1", 1 / 4)
        pit("publish v2, delta included, wall", "wall_s", "publish v2", 1 / 10)
        pit("bytes v1 to v2", "bytes", "update over HTTP", 0.42 if pair == "server" else None)
        if pair == "built":
            t.ratio("bytes v1 to v2, against casync on the pair server", "bytes", (pair, LAUTTA, "update over HTTP"),
                    ("server", "casync", "update over HTTP"), 0.31)
        pit("bytes v1 to v2, --small-deltas", "bytes", "update over HTTP", None, ours="lautta --small-deltas")
        pit("bytes v1 to v2 without a delta", "bytes", "update over HTTP", 1.0, ours=PLAIN)
        pit("update, local depot, wall", "wall_s", "update", 1 / 15)
        on_xfs = "update on XFS" if find(results, pair, "casync", "update on XFS") else "update"
        pit("update, local depot, on XFS", "wall_s", "update on XFS", 1 / 30, their_work=on_xfs)
        pit("first fetch, local depot, against zstd -d", "wall_s", "first fetch", 1.3, theirs="zstd -d")
        many = next((r["tool"] for r in results if r["tool"].endswith(" versions") and r["pair"] == pair), "")
        for work in ("publish v1", "first fetch"):
            for key, word in (("wall_s", "wall"), ("cpu_s", "CPU")):
                pit(f"{work} with {many[8:]} in the depot, {word}", key, work, 1.2, ours=many, theirs="lautta, empty depot")
        for disk, limit in (("reflink", 1 / 0.95), ("qcow2", None)):
            for work in disks.WORKS.values():
                t.ratio(f"inside a guest, {disk}: {work}", "wall_s", (pair, f"disk: {disk}", work), (pair, "disk: plain", work), limit)
        _bounds(t, pair)
        _agent_bounds(t, pair)
    return [row | {"reached": None} if row["pair"] == "tiny" else row for row in t.rows]


def _bounds(t, pair):
    update = find(t.results, pair, LAUTTA, "update over HTTP")
    if update:
        t.bound("requests of the update over HTTP", pair, "requests", update["requests"], 5, update["requests"] <= 5)
    for word, limit in (("publish", 256 * MIB), ("fetch", 192 * MIB)):
        peaks = [r["rss_bytes"] for r in t.results if r["pair"] == pair and r["tool"].startswith("lautta") and "rss_bytes" in r
                 and ("publish" in r["work"]) == (word == "publish")]
        if peaks:
            t.bound(f"memory of {word}, the highest of all", pair, "rss_bytes", max(peaks), limit, max(peaks) <= limit)
    for work in ("first fetch, slow link", "update, slow link"):
        slow = find(t.results, pair, LAUTTA, work)
        if slow:
            t.bound(f"share of the link from second 1 on: {work}", pair, "share", slow["from_second_1"], 0.95,
                    slow["from_second_1"] >= 0.95)


AGENT_BOUNDS = (
    ("idle, a pass every 60 s", "pss_bytes", 24e6),
    ("idle, a pass every 60 s", "cpu_share", 0.001),
    ("pass with nothing to do, 50 services", "cpu_ms", 50),
    ("list change to healthy, without the fetch and the start", "wall_s", 2),
    ("plan of 1,000 services, new", "plan_ms", 10),
    ("plan of 1,000 services, as wanted", "plan_ms", 10),
    ("plan of 1,000 services, updated", "plan_ms", 10),
    ("update of a machine, side by side", "away_ms", 1000),
    ("update of a machine, side by side", "beyond_boot_s", 2),
    ("update of a machine, one after the other", "away_beyond_boot_s", 2),
    ("update of a machine, one after the other", "beyond_boot_s", 2),
)


OF_WHAT = {"away_ms": ": time without an answer", "away_beyond_boot_s": ": time without an answer, less the guest's boot",
           "beyond_boot_s": ": list change to healthy, less fetch and boot"}


def _agent_bounds(t, pair):
    for work, key, limit in AGENT_BOUNDS:
        result = find(t.results, pair, AGENT, work)
        if result:
            t.bound("agent: " + work + OF_WHAT.get(key, ""), pair, key, result[key], limit, result[key] <= limit)


# --- Markdown

def number(value, unit):
    if value is None:
        return ""
    if unit == "requests":
        return f"{value:,.0f}"
    if unit in ("wall_s", "cpu_s"):
        return f"{value:.2f} s" if value < 100 else f"{value:.0f} s"
    if unit == "bytes":
        return f"{value / 1e6:.2f} MB"
    if unit == "rss_bytes":
        return f"{value / MIB:.0f} MiB"
    if unit == "share":
        return f"{value:.1%}"
    if unit == "pss_bytes":
        return f"{value / 1e6:.1f} MB"
    if unit == "cpu_share":
        return f"{value:.3%}"
    if unit in ("cpu_ms", "plan_ms"):
        return f"{value:.1f} ms"
    if unit == "away_ms":
        return f"{value:.0f} ms"
    if unit in ("beyond_boot_s", "away_beyond_boot_s"):
        return f"{value:.1f} s"
    return f"{value:g}"


def limit_text(row):
    limit = row["to_reach"]
    if limit is None:
        return ""
    if row["ratio"] is None:
        return ("≥ " if row["unit"] == "share" else "≤ ") + number(limit, row["unit"])
    return f"≤ 1/{1 / limit:.0f}" if limit < 0.3 and abs(1 / limit - round(1 / limit)) < 1e-9 else f"≤ {limit:g}"


def ratio_text(value):
    if value is None:
        return ""
    return f"1/{1 / value:.1f}" if value < 0.3 else f"{value:.3f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def targets_table(rows):
    verdict = {True: "reached", False: "**not reached**", None: ""}
    return table(("work", "pair", "Lautta", "against", "", "ratio", "to reach", ""),
                 [(r["what"], r["pair"], number(r["ours"], r["unit"]), r["against"] or "", number(r["theirs"], r["unit"]),
                   ratio_text(r["ratio"]), limit_text(r),
                   verdict[r["reached"]] + _busy_text(r)) for r in rows])


def results_table(results, pair):
    rows = [r for r in results if r["pair"] == pair and "gb_per_s" not in r and r["tool"] != AGENT]
    order = {work: i for i, work in enumerate(dict.fromkeys(r["work"] for r in rows))}
    rows.sort(key=lambda r: order[r["work"]])
    cells = [(r["work"], r["tool"], number(r.get("wall_s"), "wall_s"), number(r.get("cpu_s"), "cpu_s"),
              number(r.get("rss_bytes"), "rss_bytes"), number(r.get("bytes"), "bytes"), number(r.get("requests"), "requests"),
              number(r.get("stored_bytes"), "bytes"), f"{_others_share(r):.0%}" if "others_cpu_s" in r else "") if "skipped" not in r else
             (r["work"], r["tool"], r["skipped"], "", "", "", "", "", "") for r in rows]
    return table(("work", "tool", "wall", "CPU", "peak memory", "over the wire", "requests", "stored", "others"), cells)


def _busy_text(row):
    """Returns a remark if other processes took much of the CPU time during one of the two measurements, or too much."""
    busy = row.get("machine_was_busy", 0)
    return ", but the machine was busy" if 0.15 < busy <= 0.5 else "unknown: the machine was busy" if busy > 0.5 else ""


def _others_share(result):
    """Returns the share of the CPU time that other processes took meanwhile: a high share makes a time unreliable."""
    return result.get("others_cpu_s", 0) / (result.get("wall_s", 0) * os.cpu_count() or 1)


def machine_text(machine):
    extras = ", ".join(name for name, there in (("virtual", machine["virtual"]), ("SHA-NI", machine["sha_ni"]),
                                               ("AVX-512", machine["avx512"])) if there)
    load = machine["load_at_start"]
    return "\n".join((
        f"- {machine['cpu']} (family/model {machine['family_model']}), {machine['cores']} cores{', ' + extras if extras else ''}",
        f"- {machine['memory_bytes'] / 2**30:.1f} GiB of memory, {machine['system']}, kernel {machine['kernel']}",
        f"- {machine['file_system']} ({machine['mount_options']})",
        f"- load average at the start: {load[0]:.2f}, {load[1]:.2f}, {load[2]:.2f}",
        "- " + ", ".join(f"{name} {version}" for name, version in machine["programs"].items() if version)))


def pair_text(name, pair):
    words = [f"{v}: {pair[v]['bytes'] / 2**30:.2f} GiB, {pair[v]['data_bytes'] / 1e6:,.0f} MB of it data" for v in ("v1", "v2")]
    if pair["v1"]["packages"]:
        words.append(f"{pair['packages_changed']} of {pair['v1']['packages']} Debian packages differ")
    return f"**{name}**: " + "; ".join(words)


# The necessary parts of a piece of work: the bytes (a key of the pair, or of a result), and the part whose speed counts.
PARTS = {
    "publish v1": (("data", "reading it, page cache"), ("data", "finding chunk boundaries"),
                   ("data", "SHA-256 of pieces of 64 KiB"), ("data", "zstd, as chunks are compressed, pieces of 64 KiB"),
                   ("stored", "SHA-256 of pieces of 64 KiB"), ("stored", "writing a new file, page cache")),
    "first fetch": (("stored", "reading it, page cache"), ("data", "zstd -d and SHA-256 of such pieces"),
                    ("data", "writing a new file, page cache")),
}


def distances(told):
    """Compare the CPU time of the parts of a piece of work, each alone, with Lautta's CPU time for all."""
    speed = {r["work"].removesuffix(", one core"): r["gb_per_s"] for r in told["results"] if "gb_per_s" in r}
    rows = []
    for work, parts in PARTS.items():
        result, stored = find(told["results"], "server", LAUTTA, work), find(told["results"], "server", LAUTTA, "publish v1")
        if not result or not stored or not all(name in speed for _, name in parts):
            continue
        size = {"data": told["pairs"]["server"]["v1"]["data_bytes"], "stored": stored["stored_bytes"]}
        alone = sum(size[what] / 1e9 / speed[name] for what, name in parts)
        rows.append((work, " + ".join(f"{size[what] / 1e9 / speed[name]:.2f}" for what, name in parts), f"{alone:.2f} s",
                     f"{result['cpu_s']:.2f} s", f"{alone / result['cpu_s']:.0%}"))
    return ["### How far from the machine's limit (pair server, CPU seconds)", "", "publish: reading, boundaries, SHA-256 of chunks, zstd, "
            "SHA-256 of packs, writing. First fetch: reading, zstd -d with SHA-256, writing.", "",
            table(("work", "the parts, each alone", "sum", "Lautta", "limit reached"), rows), ""] if rows else []


def markdown(told):
    parts = [f"Lautta {told['lautta']}, {told['started']} to {told['ended']}, median of {told['repeat']} (peers: once).", "",
             machine_text(told["machine"]), ""]
    parts += [pair_text(name, pair) + "\n" for name, pair in told["pairs"].items()]
    earlier = sorted({(r["measured"], f"{r['tool']} ({r['pair']})") for r in told["results"] if "measured" in r})
    for when in sorted({when for when, _ in earlier}):
        parts += [f"Measured {when}: " + ", ".join(tool for w, tool in earlier if w == when) + ".\n"]
    parts += ["### Targets", "", targets_table(told["targets"]), ""]
    for name in told["pairs"]:
        parts += [f"### All results, pair {name}", "", results_table(told["results"], name), ""]
    for result in told["results"]:
        if "share_by_second" in result:
            parts += [f"Share of the link in each second, {result['pair']}, {result['work']}: "
                      + " ".join(f"{100 * s:.0f}" for s in result["share_by_second"]) + " %", ""]
    parts += distances(told)
    limits = [(r["work"], f"{r['gb_per_s']:.2f}") for r in told["results"] if "gb_per_s" in r]
    if limits:
        parts += ["### What the machine can do", "", table(("", "GB/s of content"), limits), ""]
    return "\n".join(parts)
