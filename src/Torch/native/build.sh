#!/usr/bin/env bash
# Compiles the shim: build.sh FOLDER makes FOLDER/libckpt_torch.so, or FOLDER/libckpt_torch.missing, which says what to install.
# A shim that does not compile fails the build only where $SHIM_MUST_COMPILE is true, as ./check has it.
# LibTorch is the folder $LIBTORCH (with include/ and lib/, as in a PyTorch wheel), else the system's. Does nothing where neither the
# sources nor LibTorch have changed since.
set -euo pipefail

out=$1
here=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)
library=$out/libckpt_torch.so missing=$out/libckpt_torch.missing key=$out/libckpt_torch.key
mkdir -p "$out"
if command -v flock >/dev/null; then exec 9>"$out/lock"; flock 9; fi

# Its absence is no error: everything but training does without.
without() {
    rm -f "$library" "$key"
    echo "$*" >"$missing"
    echo "libckpt_torch: not built: $*"
    exit 0
}

compiler=${CXX:-g++}
command -v "$compiler" >/dev/null || without "there is no C++ compiler ($compiler): apt-get install g++"

places=()
if [[ -n ${LIBTORCH:-} ]]; then
    include=$LIBTORCH/include
    places=("$LIBTORCH/lib" "$LIBTORCH/lib64")
else
    include=/usr/include
    places=("/usr/lib/$("$compiler" -print-multiarch 2>/dev/null || true)" /usr/lib /usr/lib64)
fi
version=$include/torch/csrc/api/include/torch/version.h
[[ -f $version ]] || without "LibTorch's headers are not in $include: apt-get install libtorch-dev libgloo-dev, or set LIBTORCH to a folder with include/ and lib/"
lib=
for place in "${places[@]}"; do
    if [[ -e $place/libtorch_cpu.so ]]; then lib=$place; break; fi
done
[[ -n $lib ]] || without "libtorch_cpu.so is in none of ${places[*]}"

# A relative or linked LIBTORCH is baked in by its real place.
lib=$(cd -- "$lib" && pwd -P)
flags=(-std=c++17 -O2 -fPIC -fvisibility=hidden -Wall -Wextra -Wno-unused-parameter -isystem "$include" -isystem "$include/torch/csrc/api/include")
[[ $include == /usr/include ]] && flags=(-std=c++17 -O2 -fPIC -fvisibility=hidden -Wall -Wextra -Wno-unused-parameter -isystem "$include/torch/csrc/api/include")
number() { { cat "$version" "$include/torch/headeronly/version.h" 2>/dev/null || true; } | sed -n "s/^#define TORCH_VERSION_$1  *//p" | sed -n 1p; }
major=$(number MAJOR) minor=$(number MINOR)
# The headers of 2.10 and later use C++20.
if ((major > 2 || (major == 2 && minor >= 10))); then flags[0]=-std=c++20; fi
# Wheels before 2.7 are built with the older std::string.
if ! grep -q 'cxx11' "$lib/libc10.so"; then flags+=(-D_GLIBCXX_USE_CXX11_ABI=0); fi

links=(-L"$lib" -Wl,-rpath,"$lib" -Wl,--no-undefined -ltorch -ltorch_cpu -lc10)
[[ $lib == /usr/lib* ]] && links=(-L"$lib" -Wl,--no-undefined -ltorch -ltorch_cpu -lc10)
# CUDA's kernels register themselves when their library is loaded: nothing refers to them by name.
if [[ -e $lib/libtorch_cuda.so ]]; then links+=(-Wl,--no-as-needed -ltorch_cuda -lc10_cuda -Wl,--as-needed); fi

if [[ -f $include/torch/csrc/distributed/c10d/TCPStore.hpp ]] && grep -q 'c10d8TCPStore' "$lib/libtorch_cpu.so"; then
    flags+=(-DCKPT_C10D)
    if [[ -f $include/gloo/rendezvous/store.h || -f /usr/include/gloo/rendezvous/store.h ]] && grep -q 'ProcessGroupGloo' "$lib/libtorch_cpu.so"; then
        flags+=(-DUSE_C10D_GLOO)
    fi
    if [[ -e $lib/libtorch_cuda.so ]] && grep -q 'ProcessGroupNCCL' "$lib/libtorch_cuda.so"; then
        # Of a wheel, NVIDIA's own headers lie beside it.
        for place in "$include" /usr/include "${CUDA_HOME:-/usr/local/cuda}/include" "$include"/../../nvidia/*/include; do
            [[ -d $place ]] || continue
            if [[ $place != /usr/include && $place != "$include" ]]; then flags+=(-isystem "$place"); fi
            if [[ -f $place/nccl.h ]]; then nccl=1; fi
            if [[ -f $place/cuda_runtime_api.h ]]; then cuda=1; fi
        done
        if [[ -n ${nccl:-} && -n ${cuda:-} ]]; then flags+=(-DUSE_C10D_NCCL); fi
    fi
fi

# What a build depends on, LibTorch's own file included: another version under the same name is another key.
now=$({ cat "$here"/*.cpp "$here"/*.h "$here/build.sh" "$version"; stat -L -c '%s %Y' "$lib/libtorch_cpu.so"; "$compiler" -dumpfullversion; echo "${flags[*]} ${links[*]}"; } | sha256sum)
if [[ -f $library && -f $key && $(<"$key") == "$now" ]]; then exit 0; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Each file is compiled by itself, and all at once.
compile() {
    local jobs=() failed=0
    rm -f "$work"/*
    for source in "$here"/*.cpp; do
        "$compiler" "${flags[@]}" -c "$source" -o "$work/$(basename "$source" .cpp).o" >"$work/$(basename "$source" .cpp).log" 2>&1 &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job" || failed=1; done
    ((failed == 0)) && "$compiler" -shared -o "$library.new" "$work"/*.o "${links[@]}" >"$work/link.log" 2>&1
}

if ! compile; then
    # NCCL's and CUDA's headers are others' and may not fit each other; what needs neither is built all the same.
    if [[ -z ${nccl:-} ]] || { flags=("${flags[@]/-DUSE_C10D_NCCL/-DCKPT_WITHOUT_NCCL}") && ! compile; }; then
        grep -h -E 'error|undefined' "$work"/*.log | head -n 20 >&2 || true
        if [[ ${SHIM_MUST_COMPILE:-} == true ]]; then exit 1; fi
        without "the shim does not compile against LibTorch $major.$minor in $include"
    fi
    echo "libckpt_torch: without NCCL, whose headers do not compile here" >&2
fi
rm -f "$missing"
mv "$library.new" "$library"
echo "$now" >"$key"
echo "libckpt_torch: built against LibTorch $major.$minor in $lib"
