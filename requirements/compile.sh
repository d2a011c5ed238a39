#!/usr/bin/env bash
# Pin the requirement files anew (needs uv). No address of any registry is written into them.
set -euo pipefail
cd "$(dirname "$0")/.."
options=(--universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet)
uv pip compile "${options[@]}" pyproject.toml --extra spss --extra parquet --extra excel --extra word --extra lsp --extra cluster --extra powerpoint --extra studio --group development -o requirements/development.txt
uv pip compile "${options[@]}" pyproject.toml --extra spss --extra parquet --extra excel --extra word --extra lsp --extra cluster --extra powerpoint --extra studio --constraint requirements/development.txt \
  requirements/build.in -o requirements/install.txt
uv pip compile "${options[@]}" pyproject.toml --group documentation --constraint requirements/development.txt -o requirements/documentation.txt
