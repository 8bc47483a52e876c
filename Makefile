# What a person runs most; `make` alone lists it. Everything is a command or a script that can be run without make.
.DEFAULT_GOAL := help
.PHONY: help local test ci tools sam-build sam-local

help: ## these lines
	@sed -n 's/^\([a-z-]*\):.* ## \(.*\)/make \1	\2/p' $(MAKEFILE_LIST)

local: ## the whole gateway on this machine, until Ctrl-C
	cargo run -p local

test: ## the tests
	infra/ci/test.sh

ci: ## everything that CI does
	.ci/run

tools: ## installs what CI's scripts call
	infra/ci/tools.sh

sam-build: tools ## every function as it is deployed, into .aws-sam/build
	infra/ci/sam_build.sh

sam-local: sam-build ## these functions in containers: every sample event, and the API
	infra/ci/sam_local.sh
