#!/usr/bin/env bash
# Installs what the shim is compiled with, where it is absent and may be installed (Debian and its kin). Says in a line what to do
# where it may not; that is no failure here, as only training needs it.
set -uo pipefail

# OpenBLAS takes the place of the reference BLAS, with which a step takes some forty times as long (bench/results/training.md).
packages=(libtorch-dev libgloo-dev libopenblas0-pthread g++)
[[ -z ${LIBTORCH:-} ]] || exit 0
slow_blas() { [[ $(readlink -f /usr/lib/*-linux-gnu/libblas.so.3) == */blas/libblas.so* ]]; }
if [[ -f /usr/include/torch/csrc/api/include/torch/version.h && -f /usr/include/gloo/rendezvous/store.h ]] && command -v g++ >/dev/null && ! slow_blas; then exit 0; fi

sudo=()
if ((EUID != 0)); then sudo=(sudo -n); fi
if command -v apt-get >/dev/null && { ((EUID == 0)) || sudo -n true 2>/dev/null; }; then
    echo "installing ${packages[*]}" >&2
    "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null 2>&1 && exit 0
    "${sudo[@]}" apt-get update -qq >/dev/null 2>&1 && "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null 2>&1 && exit 0
fi
echo "training needs LibTorch, which is not here: apt-get install ${packages[*]}, or set LIBTORCH (docs/torch.md); its tests are skipped" >&2
