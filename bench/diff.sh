#!/usr/bin/env bash
# Times the comparison of two 2 GB checkpoints against `cmp` of the same bytes, in turns, from the page cache.
#   bench/diff.sh [RUNS] [FOLDER]     (5, a temporary folder; needs some 9 GB)
# Equal folders of Hugging Face, Hugging Face against Megatron (torch_dist, and legacy under TP 4), and a copy with one changed bit in each of a
# thousand places, which are all found and described.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-5} work=${2:-$(mktemp -d)}
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
dotnet build -c Release -v q bench/Synthetic >/dev/null
./ckpt --version
dotnet artifacts/bin/Synthetic/release/Synthetic.dll bench/qwen3-2gb.json "$work/hf"
cp -r "$work/hf" "$work/copy"
./ckpt export --model "$work/hf" --to_mcore true --output_dir "$work/dist" --quiet >/dev/null 2>&1
./ckpt reshard --load "$work/dist" --save "$work/tp4" --ckpt_format torch --tp 4 --quiet >/dev/null 2>&1
cp -r "$work/hf" "$work/flipped"
for i in $(seq 1000); do printf '\001' | dd of="$work/flipped/model.safetensors" bs=1 seek=$((i * 2100000 + 400000)) conv=notrunc status=none; done

measure() { # name expected-code command...
    local name=$1 expected=$2 code=0; shift 2
    /usr/bin/time -f "%e %U %S %M" -o "$work/time" "$@" >"$work/said" 2>&1 || code=$?
    [ "$code" = "$expected" ] || { cat "$work/said"; echo "exit $code instead of $expected"; exit 1; }
    echo "$name $(tail -n 1 "$work/time")" >>"$work/figures"
}
bytes() { local f; for f in "$work/hf"/*.safetensors; do cmp "$f" "$work/copy/${f##*/}"; done; }
export -f bytes; export work
cat "$work"/hf/* "$work"/copy/* "$work"/flipped/* >/dev/null; find "$work/dist" "$work/tp4" -type f -exec cat {} + >/dev/null
for _ in $(seq "$runs"); do
    measure cmp 0 bash -c bytes
    measure hf-hf 0 ./ckpt diff "$work/hf" "$work/copy"
    measure hf-torch_dist 0 ./ckpt diff "$work/hf" "$work/dist"
    measure hf-torch-tp4 0 ./ckpt diff "$work/hf" "$work/tp4"
    measure hf-flipped 1 ./ckpt diff "$work/hf" "$work/flipped"
done
median() { awk -v n="$1" -v f="$2" '$1 == n { print $f }' "$work/figures" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
echo "| Comparison | Median s | cmp's time / ours | CPU s | Peak RSS MB | Single s |"
echo "|---|---|---|---|---|---|"
reference=$(median cmp 2)
for name in cmp hf-hf hf-torch_dist hf-torch-tp4 hf-flipped; do
    awk -v n="$name" -v m="$(median "$name" 2)" -v r="$reference" -v u="$(median "$name" 3)" -v s="$(median "$name" 4)" -v k="$(median "$name" 5)" \
        -v l="$(awk -v n="$name" '$1 == n { print $2 }' "$work/figures" | paste -sd' ' | sed 's/ /, /g')" \
        'BEGIN { printf "| %s | %.2f | %.2f | %.2f | %.0f | %s |\n", n, m, r / m, u + s, k / 1024, l }'
done
echo "$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2- | xargs), $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg); Linux $(uname -r | cut -d- -f1); .NET $(dotnet --version); $(date -u +%F)"
