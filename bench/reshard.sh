#!/usr/bin/env bash
# Times resharding between formats and layouts against `cp -r` of the same source, on the same disk, in the same rounds.
#   bench/reshard.sh [RUNS] [FOLDER] [CASE…]     (3, a temporary folder, all cases; needs some 16 GB)
# Sources are in the page cache; every figure includes flushing to disk: `sync` after cp, ckpt flushes by itself. Each case is followed by cp of its own
# source. Prints a line a run, and a table of the medians; ratio is cp's time over ours, of bytes moved a second where ours writes more or less than cp.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-3} work=${2:-$(mktemp -d)}
cases=("${@:3}")
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
dotnet build -c Release -v q bench/Synthetic >/dev/null
./ckpt --version
ckpt=$PWD/ckpt
export work ckpt

make() { [ -e "$work/$1" ] || "${@:2}" >/dev/null; }
noise() { dotnet artifacts/bin/Synthetic/release/Synthetic.dll "bench/$1" "$work/$2"; }
to() { "$ckpt" reshard --load "$work/$1" --save "$work/$2" --quiet "${@:3}" 2>/dev/null; }
sources() { # what the cases read, made when first asked for
    case $1 in
        dense) make dense noise qwen3-2gb.json dense ;;
        moe) make moe noise qwen3-moe-1gb.json moe ;;
        *-dist) sources "${1%-dist}"; make "$1" "$ckpt" export --model "$work/${1%-dist}" --to_mcore true --output_dir "$work/$1" --quiet ;;
        *-tp1) sources "${1%-tp1}-dist"; make "$1" to "${1%-tp1}-dist" "$1" --ckpt_format torch --tp 1 ;;
        *-tp8) sources "${1%-tp8}-dist"; make "$1" to "${1%-tp8}-dist" "$1" --ckpt_format torch --tp 8 ;;
        *-zarr) sources "${1%-zarr}-dist"; make "$1" to "${1%-zarr}-dist" "$1" --ckpt_format zarr ;;
        *-grouped) sources "${1%-grouped}-dist"; make "$1" to "${1%-grouped}-dist" "$1" --ckpt_format torch --transformer_impl local --moe_grouped_gemm ;;
    esac
}

both() { # the same command as two workers of one run
    RANK=0 WORLD_SIZE=2 "$@" & first=$!
    RANK=1 WORLD_SIZE=2 "$@" & second=$!
    wait "$first"; wait "$second"
}
copy() { cp -r "$1" "$work/out" && find "$work/out" -type f -exec sync {} + && sync "$work/out"; }
export -f both copy

measure() { # name command...
    local name=$1; shift
    rm -rf "$work/out" "$work/out.partial"
    sync
    /usr/bin/time -f "%e %M %U %S" -o "$work/time" bash -c '"$@"' bash "$@" >/dev/null 2>"$work/stderr" || { cat "$work/stderr"; exit 1; }
    read -r wall rss user sys <"$work/time"
    printf '%s %s %s %s %s %s\n' "$name" "$wall" "$rss" "$user" "$sys" "$(du -sb "$work/out" | cut -f1)" | tee -a "$work/figures"
}

names=()
run() { # name source command...
    local name=$1 source=$2; shift 2
    if [ ${#cases[@]} -gt 0 ] && [[ " ${cases[*]} " != *" $name "* ]]; then return; fi
    names+=("$name")
    sources "$source"
    cat "$work/$source" >/dev/null 2>&1 || find "$work/$source" -type f -exec cat {} + >/dev/null
    measure "$name" "$@" --quiet
    measure "cp-$name" copy "$work/$source"
}
reshard() { local name=$1 source=$2; shift 2; run "$name" "$source" "$ckpt" reshard --load "$work/$source" --save "$work/out" "$@"; }
reshard2() { local name=$1 source=$2; shift 2; run "$name" "$source" both "$ckpt" reshard --load "$work/$source" --save "$work/out" "$@"; }

for _ in $(seq "$runs"); do
    names=()
    run hf-to-torch_dist dense "$ckpt" export --model "$work/dense" --to_mcore true --output_dir "$work/out"
    reshard torch_dist-to-5-files dense-dist --thread_count 5
    reshard torch_dist-to-torch dense-dist --ckpt_format torch --tp 1
    reshard torch-to-torch_dist dense-tp1 --ckpt_format torch_dist
    reshard torch_dist-to-zarr dense-dist --ckpt_format zarr
    reshard zarr-to-torch_dist dense-zarr --ckpt_format torch_dist
    reshard torch-tp1-to-tp4 dense-tp1 --tp 4
    reshard torch-tp1-to-tp8 dense-tp1 --tp 8
    reshard torch-tp8-to-tp1 dense-tp8 --tp 1
    reshard grouped-experts moe-dist --ckpt_format torch --transformer_impl local --moe_grouped_gemm
    reshard grouped-experts-back moe-grouped --ckpt_format torch_dist
    reshard2 two-workers-5-files dense-dist --thread_count 5
    reshard2 two-workers-tp1-to-tp8 dense-tp1 --tp 8
done

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
figure() { awk -v n="$1" -v f="$2" '$1 == n { print $f }' "$work/figures"; }
cpu() { awk -v n="$1" '$1 == n { print $4 + $5 }' "$work/figures" | median; }
singles() { figure "$1" 2 | paste -sd' ' | sed 's/ /, /g'; }
echo
echo "| Case | Median s | cp -r + sync, median s | cp's time / ours | Peak RSS MB | CPU s | CPU of cp, s | Written, GB (cp: GB) | Single s | Single s of cp |"
echo "|---|---|---|---|---|---|---|---|---|---|"
for name in "${names[@]}"; do
    ours=$(figure "$name" 2 | median); theirs=$(figure "cp-$name" 2 | median)
    rss=$(figure "$name" 3 | sort -n | tail -1); bytes=$(figure "$name" 6 | tail -1); copied=$(figure "cp-$name" 6 | tail -1)
    awk -v a="$name" -v o="$ours" -v t="$theirs" -v r="$rss" -v c="$(cpu "$name")" -v d="$(cpu "cp-$name")" -v b="$bytes" -v k="$copied" -v s="$(singles "$name")" -v u="$(singles "cp-$name")" \
        'BEGIN { printf "| %s | %.2f | %.2f | %.2f | %.0f | %.2f | %.2f | %.2f (%.2f) | %s | %s |\n", a, o, t, (t / k) / (o / b), r / 1024, c, d, b / 1e9, k / 1e9, s, u }'
done
echo "$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2- | xargs), $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg); Linux $(uname -r | cut -d- -f1); .NET $(dotnet --version); $(date -u +%F)"
