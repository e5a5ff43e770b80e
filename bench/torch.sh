#!/usr/bin/env bash
# Times small operators of LibTorch: from C# through the shim, and from C++, by the ordinary and by the boxed call. One thread, one processor.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build -c Release -v q --nologo bench/TorchCalls >/dev/null
include=${LIBTORCH:+$LIBTORCH/include} lib=${LIBTORCH:+$LIBTORCH/lib}
g++ -std=c++17 -O2 -I"${include:-/usr/include}/torch/csrc/api/include" ${include:+-isystem "$include"} bench/torch_calls.cpp -o "$work/calls" \
    ${lib:+-L"$lib" -Wl,-rpath,"$lib"} -ltorch -ltorch_cpu -lc10
echo "C++:"
taskset -c 0 "$work/calls"
echo "C#:"
taskset -c 0 dotnet artifacts/bin/TorchCalls/release/TorchCalls.dll
echo "$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2- | xargs), $(nproc) processors; Linux $(uname -r | cut -d- -f1); .NET $(dotnet --version); $(date -u +%F)"
