# make demo    everything that is missing is set up, the engines and the page are built and served
# make test    everything is checked
# make help    the rest

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
.NOTPARALLEL:

# The browser engines; a page downloads one of them.
engine_names := gpu cpu cpu-threads

PORT ?= 5173
# What serves the page; any static server will do that answers byte ranges.
SERVE ?= node www/serve.mjs www/demo/dist --port $(PORT) --isolated

export PATH := $(HOME)/.cargo/bin:$(PATH)
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 20

# $(call step,TARGET,what it is)
step = @printf '\n== %s\n' $(2) && $(MAKE) --no-print-directory $(1)

.PHONY: demo
demo: ## set up, build and serve the photo search page
	$(call step,setup-demo,"1 of 4: what building needs")
	$(call step,wasm,"2 of 4: the engines for the browser")
	$(call step,try-photo,"3 of 4: the model of photos and the command line that makes it")
	$(call step,page,"4 of 4: the page")
	@$(SERVE)

.PHONY: test
test: ## every check, stage by stage with its time
	@scripts/test.sh

.PHONY: check
check: ## before a commit: format, lints, and unit tests of what has changed; SINCE=REVISION
	@scripts/check.sh $(SINCE)

# The stages. `scripts/test.sh` lists them in their order.

.PHONY: setup-demo setup-test
setup-demo: ## what building the page needs
	@scripts/setup.sh demo

setup-test: ## what the checks need, the browsers too
	@scripts/setup.sh test

.PHONY: format
format: ## formatting, the types of the TypeScript, and that docs/api.md is made from them
	cargo fmt --all --check
	cargo fmt --manifest-path scripts/bindgen/Cargo.toml --check
	cd www && npm run --silent check

.PHONY: cycles
cycles: ## no circle between the folders of src and between the crates; LINES=1 prints their sizes
	@node scripts/cycles.mjs $(if $(LINES),--lines)

.PHONY: third-party
third-party: ## THIRD-PARTY.md names what Cargo.lock names
	node scripts/third-party.mjs --check

.PHONY: deny
deny: ## licences, sources and banned crates, by deny.toml
	@. scripts/env.sh && PATH="$$tools/bin:$$PATH" cargo deny --log-level warn check licenses bans sources

# One selection of crates and features for everything that is compiled natively, so that nothing is
# compiled twice.
workspace := --locked --workspace

.PHONY: clippy
clippy: ## lints of all crates, without compiling them
	cargo clippy $(workspace) --all-targets --features agff/bench -- -D warnings

.PHONY: build-native
build-native: ## compile the native tests, with lints
	@scripts/test-native.sh --no-run

# The command line that the tests have built is taken, if it is there.
tested_agff := $(or $(CARGO_TARGET_DIR),target)/debug/agff

.PHONY: photo-model
photo-model: ## the model of everyday photos, in target/models/photo; WHEELS=FOLDER has its two files
	@AGFF=$(wildcard $(tested_agff)) WHEELS=$(WHEELS) scripts/photo-model.sh

# Without it the page begins with the model of drawings, and says so.
.PHONY: try-photo
try-photo:
	@AGFF=$(wildcard $(tested_agff)) scripts/photo-model.sh || \
		echo "the model of photos could not be made; the page begins with a small model of drawings instead" >&2

.PHONY: test-native
test-native: export AGFF_REQUIRE_GPU := 1
test-native: export CUBECL_WGPU_DEFAULT_DEVICE := Cpu
test-native: ## the native tests, on the CPU and on a software Vulkan
	@scripts/test-native.sh

.PHONY: wasm
wasm: ## the browser engines
	@scripts/wasm.sh $(engine_names)

.PHONY: size
size: ## what the engines weigh, by component; WRITE=1 puts it into docs/performance.md
	@. scripts/env.sh && node scripts/size.mjs "$$wasm_target" $(if $(WRITE),--write)

# The page is built anew when anything in it has changed. The engines are files of their own making,
# so their rule is only that they are there.
page_sources := $(shell find www/package/src www/package/scripts www/demo -path '*/dist' -prune -o -type f -print) \
	www/package.json www/package-lock.json www/tsconfig.base.json www/package/tsconfig.json
models := $(shell find models $(or $(CARGO_TARGET_DIR),target)/models -type f 2>/dev/null)
engine_files := $(foreach e,$(engine_names),$(foreach f,agff.js agff_bg.wasm,www/package/engines/$(e)/$(f)))

.PHONY: page
page: www/demo/dist/index.html ## the page, in www/demo/dist

www/demo/dist/index.html: $(page_sources) $(models) $(engine_files)
	cd www && npm run --silent build
	@touch $@

$(engine_files):
	@scripts/wasm.sh $(engine_names)

.PHONY: test-page
test-page: ## the page in headless Chromium, on the CPU and on SwiftShader
	cd www && npm run --silent test -w agff-tests

.PHONY: test-firefox
test-firefox: ## the CPU engine in Firefox
	cd www && npm run --silent test:firefox -w agff-tests

.PHONY: test-long
test-long: ## what takes longer than `make test` should
	@scripts/test-long.sh

# The parts of `make bench`; BENCH=quick takes fewer rounds. PyTorch is only compared with if PYTHON
# has it. ONLY=everyday, say, takes one suite of the page.
bench_engines := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)/bench/engines
photo_model := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)/models/photo
speed := CUBECL_WGPU_DEFAULT_DEVICE=Cpu cargo run --quiet --locked -p agff --features bench,threads --example speed --

.PHONY: bench bench-page bench-native bench-views bench-index
bench: setup-test bench-page bench-native bench-views bench-index ## ratios to other engines (docs/performance.md)

bench-page: photo-model
	@scripts/wasm.sh --bench cpu gpu
	cd www/bench && npm ci --silent --ignore-scripts
	node www/bench/run.mjs --engines "$(bench_engines)" --photo "$(photo_model)" $(if $(BENCH),--$(BENCH)) $(if $(ONLY),--only $(ONLY))

bench-native:
	$(speed) kernels photos torch="$(PYTHON)"

bench-views:
	cargo test --quiet $(workspace) --test agff views::four_more_views -- --nocapture

bench-index: $(engine_files)
	cargo run --quiet --locked -p agff --example index_speed
	node scripts/index-speed.mjs

# The page's engines and its library, for what is compared in Chromium.
.PHONY: eval-photos
eval-photos: wasm ## how good the model of photos is (docs/photos.md); GROCERIES=FILE.tar, TEACHERS=FILE.tar, WHEELS=FOLDER
	cd www && npm run --silent build -w agff
	@GROCERIES="$(GROCERIES)" TEACHERS="$(TEACHERS)" WHEELS="$(WHEELS)" scripts/eval-photos.sh

# A published benchmark with a model by name or folder; each says more with ARGS="--help".
.PHONY: bench-mmeb bench-mmvp
bench-mmeb: ## the data sets of MMEB; MMEB=FOLDER, IMAGES=FOLDER, MODEL=NAME, ARGS
	@$(agff) bench mmeb "$(or $(MMEB),$(error MMEB=FOLDER is missing))" $(if $(IMAGES),--images "$(IMAGES)") \
		$(if $(MODEL),--model "$(MODEL)") $(ARGS)

bench-mmvp: ## the pairs of MMVP-VLM; MMVP=FOLDER, MODEL=NAME, ARGS
	@$(agff) bench mmvp "$(or $(MMVP),$(error MMVP=FOLDER is missing))" $(if $(MODEL),--model "$(MODEL)") $(ARGS)

.PHONY: eval-prototype
eval-prototype: photo-model ## the model of photos beside what it began as, in pairs; WHEELS=FOLDER, SIZES=1, after eval-photos
	$(PYTHON) scripts/photo-prototype.py --agff "$(or $(CARGO_TARGET_DIR),target)/debug/agff" --package "$(photo_model)" \
		--stamps "$(or $(CARGO_TARGET_DIR),target)/eval-photos/debian/usr/share/tuxpaint/stamps" --wheels "$(WHEELS)" $(if $(SIZES),--sizes)

# The shared checkpoint of the ablation, its data, and its arms: hours on two cores. All of it goes on where it
# was stopped. See recipes/ablation.toml.
agff := cargo run --quiet --locked --

.PHONY: ablation
ablation: ## what views, fusion and EGA bring (docs/ablation.md)
	test -f data/scenes-ablation-base/rows.jsonl || \
		$(agff) data scenes data/scenes-ablation-base --seed 1 --count 20000 --size 128
	test -f data/scenes-ablation/rows.jsonl || $(agff) data scenes data/scenes-ablation --seed 2 --count 6000 --size 128
	test -f data/scenes-test/questions.jsonl || $(agff) data scenes data/scenes-test --pairs --size 128
	test -f data/scenes-tuning/questions.jsonl || $(agff) data scenes data/scenes-tuning --pairs --seed 3 --count 30 --size 128
	test -d runs/ablation-base/model || $(agff) train recipes/ablation-base.toml --resume
	cargo run --quiet --locked -p agff-cli --example ablation -- $(if $(REPORT),--report)

.PHONY: ablation-shelves
ablation-shelves: photo-model ## the same on photos of shelves; GROCERIES=FOLDER, TEACHERS=FOLDER
	cargo run --quiet --locked -p agff-cli --example ablation -- --on shelves $(if $(REPORT),--report) \
		--groceries "$(or $(GROCERIES),$(error GROCERIES=FOLDER is missing))" \
		--teachers "$(or $(TEACHERS),$(error TEACHERS=FOLDER is missing))"

# What needs PyTorch (a large environment of its own; no check depends on it).
PYTHON ?= python3

# Downloads published checkpoints: docs/models.md. PHOTO=FILE, MODELS="owner/name …".
.PHONY: check-models
check-models: ## published checkpoints in agff and in transformers, side by side
	cargo build --quiet --locked
	$(PYTHON) scripts/check-models.py "$(or $(CARGO_TARGET_DIR),target)/debug/agff" \
		"$(or $(PHOTO),www/demo/public/samples/cat.jpg)" $(MODELS)

parity_venv := $(or $(CARGO_TARGET_DIR),target)/parity-venv

.PHONY: parity
parity: ## make the golden cases of tests/parity anew, with transformers
	test -x $(parity_venv)/bin/pip || $(PYTHON) -m venv $(parity_venv)
	$(parity_venv)/bin/pip install -q -r tests/parity/requirements.txt
	$(parity_venv)/bin/python tests/parity/make_golden.py

.PHONY: bench-train
bench-train: ## training steps a second, beside PyTorch
	test -x $(parity_venv)/bin/pip || $(PYTHON) -m venv $(parity_venv)
	$(parity_venv)/bin/pip install -q -r tests/parity/requirements.txt
	cargo build --quiet --locked
	$(parity_venv)/bin/python tests/parity/train_speed.py "$(or $(CARGO_TARGET_DIR),target)/debug/agff"

# ONLY=clip takes one model and BENCH=quick three rounds; AGFF and NATIVE name programs that are built already, and
# BENCH_PYTHON a Python that has the packages: see www/bench/models.sh.
BENCH_PYTHON ?= $(parity_venv)/bin/python
bench_models := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)/bench-models
native_models := $(or $(CARGO_TARGET_DIR),target)/release/examples/models

.PHONY: bench-models
bench-models: $(engine_files) ## whole models, from files to vectors, beside transformers.js, PyTorch and ONNX Runtime
	test -x $(BENCH_PYTHON) || $(PYTHON) -m venv $(parity_venv)
	$(BENCH_PYTHON) -m pip install -q -r tests/parity/requirements-bench.txt
	test -x "$(or $(AGFF),$(tested_agff))" || cargo build --quiet --locked
	$(if $(NATIVE),,cargo build --quiet --locked --release -p agff --features threads --example models)
	cd www && npm run --silent build -w agff
	cd www/bench && npm ci --silent --ignore-scripts
	@PYTHON="$(BENCH_PYTHON)" AGFF="$(or $(AGFF),$(tested_agff))" NATIVE="$(or $(NATIVE),$(native_models))" \
		ONLY="$(ONLY)" BENCH="$(BENCH)" www/bench/models.sh

.PHONY: bench-indexing
bench-indexing: photo-model $(engine_files) ## large photos into an index in a page; COUNT, ROUNDS
	@cd www && npm run --silent build -w agff
	@cd www/bench && npm ci --silent --ignore-scripts
	@mkdir -p "$(bench_models)" && ln -sfn "$(photo_model)" "$(bench_models)/photo-q8"
	@node www/bench/indexing.mjs --models "$(bench_models)" $(if $(COUNT),--count $(COUNT)) $(if $(ROUNDS),--rounds $(ROUNDS))

.PHONY: api
api: ## docs/api.md, from the comments of the npm package
	cd www && npm run --silent docs

.PHONY: screenshot
screenshot: page ## the pictures of the page in README and docs
	cd www/tests && node screenshot.mjs ../../docs
