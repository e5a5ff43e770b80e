#!/usr/bin/env bash
# Times the plan of models that no disk here holds: headers are real, data are holes. Nothing is written.
#   bench/plan.sh [RUNS] [FOLDER]     (5, a temporary folder; needs some 200 MB)
# Two models, whole and in series over layers and experts, each to torch_dist and to the legacy files of 1024 ranks. Prints a line a plan: the least
# processor time and wall time of the runs, all single times, and the largest resident size.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-5} work=${2:-$(mktemp -d)}
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
dotnet build -c Release -v q bench/Synthetic >/dev/null
./ckpt --version

model() { # name config layers experts: a hollow model in shards as long as the real ones, unless it is there already
    [ -e "$work/$1" ] && return
    sed -e "s/\"num_hidden_layers\": [0-9]*/\"num_hidden_layers\": $3/" -e "s/\"n_routed_experts\": [0-9]*/\"n_routed_experts\": $4/" "bench/$2" >"$work/config.json"
    dotnet artifacts/bin/Synthetic/release/Synthetic.dll "$work/config.json" "$work/$1" --hollow --max_shard_bytes 8400000000
}

plan() { # title model flags...
    local title=$1 source=$2 times="" least="" wall="" rss=0; shift 2
    for _ in $(seq "$runs"); do
        /usr/bin/time -f "%e %U %S %M" -o "$work/time" ./ckpt export --model "$work/$source" --to_mcore true --output_dir "$work/out" --dry_run "$@" >"$work/plan" 2>"$work/stderr" || { cat "$work/stderr"; exit 1; }
        read -r e u s m <"$work/time"
        cpu=$(awk -v u="$u" -v s="$s" 'BEGIN { printf "%.2f", u + s }')
        times="$times${times:+, }$e ($cpu)"
        least=$(awk -v a="${least:-$cpu}" -v b="$cpu" 'BEGIN { print (b < a) ? b : a }')
        wall=$(awk -v a="${wall:-$e}" -v b="$e" 'BEGIN { print (b < a) ? b : a }')
        if [ "$m" -gt "$rss" ]; then rss=$m; fi
    done
    tensors=$(sed -n 's/^source .*, \([0-9,]*\) tensors in \([0-9,]*\) files/\1 in \2/p' "$work/plan")
    boxes=$(sed -n 's/^target .* in \([0-9,]*\) pieces/\1/p' "$work/plan")
    each=$(awk -v c="$least" -v b="${boxes//,/}" 'BEGIN { printf "%.0f", 1e6 * c / b }')
    echo "| $title | $tensors | $boxes | $wall | $least | $each | $((rss / 1024)) | $times |"
}

legacy=(--ckpt_format torch --tensor_model_parallel_size 2 --pipeline_model_parallel_size 16 --expert_model_parallel_size 64 --expert_tensor_parallel_size 1)
uneven=(--decoder_first_pipeline_num_layers 4 --decoder_last_pipeline_num_layers 1) # 61 layers on 16 stages
echo "| Plan | Tensors in files | Boxes written | Wall s | CPU s | CPU µs a box | RSS MB | Single wall (CPU) s |"
echo "|---|---|---|---|---|---|---|---|"
for m in "DeepSeek-V3 deepseek-v3-671b.json 256" "Kimi-K2 kimi-k2-1t.json 384"; do
    set -- $m
    model "$1" "$2" 61 "$3"
    plan "$1 to torch_dist" "$1"
    plan "$1 to torch, 1024 ranks" "$1" "${legacy[@]}" "${uneven[@]}"
done
for shape in "16 64" "16 256" "32 256" "64 256" "128 256" "64 128" "64 512"; do
    set -- $shape
    model "$1-$2" deepseek-v3-671b.json "$1" "$2"
    plan "$1 layers, $2 experts, to torch_dist" "$1-$2"
    plan "$1 layers, $2 experts, to torch" "$1-$2" "${legacy[@]}"
done
echo "$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2- | xargs), $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg); Linux $(uname -r | cut -d- -f1); .NET $(dotnet --version); $(date -u +%F)"
