#!/usr/bin/env bash
# Times HF -> torch_dist -> HF of a synthetic model against `cp -r` of the same bytes, on the same disk, in the same run.
#   bench/convert.sh [RUNS] [CONFIG] [FOLDER]     (5, bench/qwen3-2gb.json, a temporary folder; needs about 4 times the model's size)
# Every figure includes flushing to disk: `sync` after cp, ckpt flushes by itself. Cold means page cache dropped before (needs root).
# Prints one line a run and a table of medians; ratio is cp's time over ours.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-5} config=${2:-bench/qwen3-2gb.json} work=${3:-$(mktemp -d)}
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
dotnet build -c Release -v q bench/Synthetic >/dev/null
./ckpt --version
dotnet artifacts/bin/Synthetic/release/Synthetic.dll "$config" "$work/hf"

cold() { sync; echo 3 >/proc/sys/vm/drop_caches 2>/dev/null || echo "cannot drop caches: not root" >&2; }
warm() { cat "$1"/* "$1"/*/* >/dev/null 2>&1 || true; sync; }

measure() { # name cache source command...
    local name=$1 cache=$2 source=$3; shift 3
    rm -rf "$work/out" "$work/out.partial"
    "$cache" "$source"
    /usr/bin/time -f "%e %M %U %S" -o "$work/time" "$@" >/dev/null 2>"$work/stderr" || { cat "$work/stderr"; exit 1; }
    read -r wall rss user sys <"$work/time"
    printf '%s %s %s %s %s %s\n' "$name" "$cache" "$wall" "$rss" "$user" "$sys" | tee -a "$work/figures"
}

copy() { cp -r "$1" "$work/out" && sync "$work/out"/* "$work/out" ; }
export -f copy; export work
./ckpt export --model "$work/hf" --to_mcore true --output_dir "$work/mcore" --quiet >/dev/null
for i in $(seq "$runs"); do
    for cache in warm cold; do
        measure cp-hf "$cache" "$work/hf" bash -c 'copy "$work/hf"'
        measure hf-to-torch_dist "$cache" "$work/hf" ./ckpt export --model "$work/hf" --to_mcore true --output_dir "$work/out" --quiet
        measure cp-mcore "$cache" "$work/mcore" bash -c 'cp -r "$work/mcore" "$work/out" && sync "$work/out"/*/* "$work/out"'
        measure torch_dist-to-hf "$cache" "$work/mcore" ./ckpt export --mcore_model "$work/mcore" --to_hf true --output_dir "$work/out" --quiet
    done
done
cmp "$work/hf/model.safetensors" "$work/out/model.safetensors" && echo "round trip: byte-identical"

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
figure() { awk -v n="$1" -v c="$2" -v f="$3" '$1 == n && $2 == c { print $f }' "$work/figures" | median; }
bytes=$(du -sb "$work/hf" | cut -f1)
echo "| Conversion | Cache | Median s | cp -r + sync, median s | cp's time / ours | Peak RSS MB | CPU s |"
echo "|---|---|---|---|---|---|---|"
for pair in "hf-to-torch_dist cp-hf" "torch_dist-to-hf cp-mcore"; do
    set -- $pair
    for cache in warm cold; do
        ours=$(figure "$1" "$cache" 3); theirs=$(figure "$2" "$cache" 3)
        rss=$(awk -v n="$1" '$1 == n { print $4 }' "$work/figures" | sort -n | tail -1)
        cpu=$(awk -v n="$1" -v c="$cache" '$1 == n && $2 == c { print $5 + $6 }' "$work/figures" | median)
        awk -v a="$1" -v c="$cache" -v o="$ours" -v t="$theirs" -v r="$rss" -v u="$cpu" 'BEGIN { printf "| %s | %s | %.2f | %.2f | %.2f | %.0f | %.2f |\n", a, c, o, t, t / o, r / 1024, u }'
    done
done
echo "$bytes bytes; $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2- | xargs), $(nproc) processors; Linux $(uname -r | cut -d- -f1); .NET $(dotnet --version); $(date -u +%F)"
