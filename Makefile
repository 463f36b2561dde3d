# Everything a person does here is one word. `make help` lists them.
PRESET ?= release
BUILD := build/$(PRESET)
JOBS ?= $(shell nproc)
CTEST := ctest --test-dir $(BUILD) --output-on-failure

.PHONY: help setup build demo fidelity foresight test unit e2e check lint format bench clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

setup: ## install the Debian packages that are missing (root or sudo)
	@tools/setup

$(BUILD)/build.ninja: CMakeLists.txt cmake/module.cmake cmake/apigen.cmake CMakePresets.json
	@cmake --preset $(PRESET)

build: setup ## setup, then build everything (PRESET=release|dev|asan|tsan)
	@$(MAKE) --no-print-directory compile

.PHONY: compile program
program: $(BUILD)/build.ninja
	@cmake --build --preset $(PRESET) -j $(JOBS) --target renkei example_images

compile: $(BUILD)/build.ninja
	@cmake --build --preset $(PRESET) -j $(JOBS)

demo: setup ## run the example system in time-lapse, show it, draw demo-timeline.svg
	@$(MAKE) --no-print-directory program
	@tools/demo --build $(BUILD)

fidelity: setup ## deploy the example with one thing forgotten, in many ways, and compare with AWS
	@$(MAKE) --no-print-directory program
	@tools/fidelity --build $(BUILD)

foresight: setup ## run three scenarios live in time-lapse and simulated, and compare what was decided when
	@$(MAKE) --no-print-directory program
	@tools/foresight --build $(BUILD)

test: build ## setup, build, check, and run every test
	-@tools/setup docker # without it the tests of --runtime docker are skipped, and say so
	@tools/test --build $(BUILD)

unit: compile ## only the unit and property tests
	@$(CTEST)

e2e: compile ## only the end-to-end tests
	@tools/test --build $(BUILD) --only e2e

check: ## house rules: format, bans, module directions, sizes
	@python3 tools/tidy.py

lint: ## clang-tidy over the sources that differ from main
	@tools/lint.py --build $(BUILD)

format: ## format all sources
	@git ls-files '*.cpp' '*.h' | xargs clang-format-19 -i

bench: build ## measure every goal of docs/bench.md, 20 minutes; BENCH="--quick" or "--only send"
	@bench/run --build $(BUILD) $(BENCH)

clean: ## remove what was built
	@rm -rf build
