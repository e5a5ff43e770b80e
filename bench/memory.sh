#!/usr/bin/env bash
# Converts a model twenty times larger than --max_memory while the kernel holds the process, its page cache included, to a limit; and
# shows that a budget too small is refused before anything is written. Needs root and the memory controller of cgroups, version 1 or 2.
#   bench/memory.sh [FOLDER]     (a temporary folder; needs some 5 GB)
set -euo pipefail
cd "$(dirname "$0")/.."
work=${1:-$(mktemp -d)} budget=100MB limit=$((128 << 20))
mkdir -p "$work"
dotnet build -c Release -v q bench/Synthetic >/dev/null
./ckpt --version

if [ -d /sys/fs/cgroup/memory ]; then group=/sys/fs/cgroup/memory/ckpt-bench-$$ file=memory.limit_in_bytes peak=memory.max_usage_in_bytes
else group=/sys/fs/cgroup/ckpt-bench-$$ file=memory.max peak=memory.peak; fi
mkdir "$group"
trap 'rmdir "$group" 2>/dev/null || true; rm -rf "$work"' EXIT
echo "$limit" >"$group/$file"
held() { bash -c 'echo $$ >"$1/cgroup.procs"; shift; exec /usr/bin/time -f "%e s, %M kB resident" "$@"' bash "$group" "$@"; }

dotnet artifacts/bin/Synthetic/release/Synthetic.dll bench/qwen3-2gb.json "$work/hf"
echo "model: $(du -sb "$work/hf" | cut -f1) bytes; --max_memory $budget; limit of the kernel: $limit bytes"
held ./ckpt export --model "$work/hf" --to_mcore true --output_dir "$work/dist" --max_memory "$budget" --quiet
held ./ckpt reshard --load "$work/dist" --save "$work/tp4" --ckpt_format torch --tp 4 --max_memory "$budget" --quiet
held ./ckpt export --mcore_model "$work/tp4" --to_hf true --output_dir "$work/back" --max_memory "$budget" --quiet
echo "peak of the group, page cache included: $(cat "$group/$peak") bytes"
cmp <(cd "$work/hf" && sha256sum ./*.safetensors) <(cd "$work/back" && sha256sum ./*.safetensors) && echo "there and back: the same bytes"
code=0; ./ckpt export --model "$work/hf" --to_mcore true --output_dir "$work/small" --max_memory 20MB --quiet || code=$?
[ "$code" = 5 ] && [ ! -e "$work/small" ] && [ ! -e "$work/small.partial" ] && echo "--max_memory 20MB: refused, exit 5, nothing written"
