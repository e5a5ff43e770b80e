#!/usr/bin/env bash
# Kills conversions with SIGKILL at random moments, runs them again each time, and compares every byte with an undisturbed run.
#   bench/kill.sh [KILLS] [CONFIG] [FOLDER] [SEED]     (12, a 2 GB model, a temporary folder, 1)
# The kills take turns over the formats: Hugging Face to torch_dist, torch_dist to legacy torch under TP 4, to zarr, and to Hugging Face.
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${1:-12} config=${2:-bench/qwen3-2gb.json} work=${3:-$(mktemp -d)} RANDOM=${4:-1}
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
dotnet build -c Release -v q bench/Synthetic >/dev/null
./ckpt --version
dotnet artifacts/bin/Synthetic/release/Synthetic.dll "$config" "$work/hf"
./ckpt export --model "$work/hf" --to_mcore true --output_dir "$work/dist" --quiet

formats=(torch_dist torch zarr hf)
convert() { # format output; every step execs, so that this is the converter itself
    case $1 in
        torch_dist) exec ./ckpt export --model "$work/hf" --to_mcore true --output_dir "$work/$2" --quiet ;;
        torch) exec ./ckpt reshard --load "$work/dist" --save "$work/$2" --ckpt_format torch --tp 4 --quiet ;;
        zarr) exec ./ckpt reshard --load "$work/dist" --save "$work/$2" --ckpt_format zarr --quiet ;;
        hf) exec ./ckpt export --mcore_model "$work/dist" --to_hf true --output_dir "$work/$2" --quiet ;;
    esac
}
# The receipt tells when and how long a run took; it is compared without that.
sums() { (cd "$1" && find . -type f ! -name ckpt.json -exec sha256sum {} + | sort -k2); }

declare -A took
for format in "${formats[@]}"; do
    start=$(date +%s%N); (convert "$format" undisturbed) >/dev/null 2>&1; took[$format]=$((($(date +%s%N) - start) / 1000000))
    sums "$work/undisturbed" >"$work/expected-$format"
    rm -rf "$work/undisturbed"
    echo "$format undisturbed: ${took[$format]} ms, $(wc -l <"$work/expected-$format") files"
done
for i in $(seq "$kills"); do
    format=${formats[$(((i - 1) % ${#formats[@]}))]}
    wait=$((RANDOM % took[$format]))
    (convert "$format" out) >/dev/null 2>&1 & pid=$!
    sleep "$(awk -v w="$wait" 'BEGIN { print w / 1000 }')"
    if kill -9 "$pid" 2>/dev/null; then how=killed; else how="had finished"; fi
    wait "$pid" 2>/dev/null || true
    if [ -e "$work/out" ] && [ "$how" = killed ] && [ -e "$work/out.partial" ]; then echo "both names exist"; exit 1; fi
    [ -e "$work/out" ] || (convert "$format" out) >/dev/null 2>&1
    sums "$work/out" >"$work/found"
    cmp "$work/expected-$format" "$work/found" || { diff "$work/expected-$format" "$work/found"; exit 1; }
    echo "$format after $wait ms: $how; same bytes"
    rm -rf "$work/out"
done
