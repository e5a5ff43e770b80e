#!/usr/bin/env bash
# Times the forward pass of a synthetic model, and runs one that is larger than the memory it may take.
#   bench/forward.sh [FOLDER] [--cpu]     (a temporary folder; needs 5 GB; --cpu counts processor time, for shared machines)
set -euo pipefail
cd "$(dirname "$0")/.."
work=${1:-$(mktemp -d)} clock=${2:-}
mkdir -p "$work"
trap 'rm -rf "$work/half" "$work/big"' EXIT
dotnet build -c Release -v q bench/Synthetic >/dev/null
dotnet build -c Release -v q bench/Forward >/dev/null
synthetic() { dotnet artifacts/bin/Synthetic/release/Synthetic.dll "$@"; }
forward() { dotnet artifacts/bin/Forward/release/Forward.dll "$@"; }

synthetic bench/qwen3-0.5gb.json "$work/half"
forward "$work/half" 512 32 3 8192 "$(nproc)" ${clock:+"$clock"}

# 4.2 GB of weights within 1 GiB: what does not fit is read anew for every token.
sed 's/"num_hidden_layers": 16/"num_hidden_layers": 36/' bench/qwen3-2gb.json >"$work/big.json"
synthetic "$work/big.json" "$work/big"
/usr/bin/time -f "wall %e s, peak RSS %M kB" dotnet artifacts/bin/Forward/release/Forward.dll "$work/big" 16 1 1 1024
