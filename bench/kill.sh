#!/usr/bin/env bash
# Kills a conversion with SIGKILL at random moments, runs it again each time, and compares every byte with an undisturbed run.
#   bench/kill.sh [KILLS] [CONFIG] [FOLDER] [SEED]
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${1:-10} config=${2:-bench/qwen3-2gb.json} work=${3:-$(mktemp -d)} RANDOM=${4:-1}
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
dotnet build -c Release -v q bench/Synthetic >/dev/null
./ckpt --version
dotnet artifacts/bin/Synthetic/release/Synthetic.dll "$config" "$work/hf"
# The receipt tells when and how long a run took; it is compared without that.
sums() { (cd "$1" && find . -type f ! -name ckpt.json -exec sha256sum {} + | sort -k2); }
convert() { exec ./ckpt export --model "$work/hf" --to_mcore true --output_dir "$work/$1" --quiet; }
start=$(date +%s%N); (convert undisturbed) >/dev/null; took=$((($(date +%s%N) - start) / 1000000))
sums "$work/undisturbed" >"$work/expected"
echo "undisturbed: $took ms"
for i in $(seq "$kills"); do
    wait=$((RANDOM % took))
    (convert out) >/dev/null 2>&1 & pid=$! # every step execs, so that this is the converter itself
    sleep "$(awk -v w="$wait" 'BEGIN { print w / 1000 }')"
    if kill -9 "$pid" 2>/dev/null; then how=killed; else how="had finished"; fi
    wait "$pid" 2>/dev/null || true
    if [ -e "$work/out" ] && [ "$how" = killed ] && [ -e "$work/out.partial" ]; then echo "both names exist"; exit 1; fi
    [ -e "$work/out" ] || (convert out) >/dev/null
    sums "$work/out" >"$work/found"
    cmp "$work/expected" "$work/found" || { diff "$work/expected" "$work/found"; exit 1; }
    echo "after $wait ms: $how; same bytes"
    rm -rf "$work/out"
done
