# SPDX-License-Identifier: LGPL-2.1-or-later
# A short front for Meson: `make build` leaves the programs in build/.
BUILD := build

.PHONY: build check unit format install clean

build: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet
	@ln -sf cli/lautta $(BUILD)/lautta
	@ln -sf agent/lautta-agent $(BUILD)/lautta-agent

$(BUILD)/build.ninja:
	@meson setup $(BUILD) >/dev/null || meson setup $(BUILD)

unit: build
	@meson test -C $(BUILD) --no-rebuild --print-errorlogs

check:
	@./check

format:
	@clang-format -i $$(git ls-files '*.c' '*.h')

install: build
	@meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf $(BUILD) build-asan build-fuzz build-analyzer
