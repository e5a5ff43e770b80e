#!/usr/bin/env bash
# Times encoding with one thread, by processor time, on a mixed text of 20 MB, ours and, where Python has the tokenizers library, the reference's. Both print
# a hash of the ids, which must be the same.
#   bench/tokenizers.sh [NAME] [RUNS]      (a tokenizer that tests/real-tokenizers.sh has fetched, default qwen3; 5)
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${XDG_CACHE_HOME:-$HOME/.cache}/ckpt/tokenizers/${1:-qwen3} runs=${2:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build -c Release -v q bench/Tokens >/dev/null
ours=(dotnet artifacts/bin/Tokens/release/Tokens.dll)
"${ours[@]}" text . 20000000 "$work/text"
echo "ours:"
taskset -c 0 "${ours[@]}" "$folder" "$work/text" "$runs"
if python3 -c 'import tokenizers' 2>/dev/null; then
    echo "reference:"
    TOKENIZERS_PARALLELISM=false RAYON_NUM_THREADS=1 taskset -c 0 python3 bench/reference_tokenizer.py "$folder/tokenizer.json" "$work/text" "$runs"
fi
echo "$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2- | xargs), $(nproc) processors; Linux $(uname -r | cut -d- -f1); .NET $(dotnet --version); $(date -u +%F)"
