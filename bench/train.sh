#!/usr/bin/env bash
# A training step of a 34-million-parameter Qwen3, beside transformers and PEFT where python3 has them: bench/train.sh [THREADS]
set -euo pipefail
cd "$(dirname "$0")/.."
threads=${1:-$(nproc)}
dotnet build bench/Training -c Release -v q --nologo
for run in "full fp32 2 256" "lora fp32 2 256" "full bf16 2 256" "lora bf16 2 256" "full fp32 1 1024"; do
    echo "$run"
    # shellcheck disable=SC2086
    OMP_NUM_THREADS=$threads artifacts/bin/Training/release/Training bench/train-qwen3.json $run 8 "$threads"
    if python3 -c 'import transformers, torch' 2>/dev/null; then
        for attention in sdpa eager; do
            # shellcheck disable=SC2086
            OMP_NUM_THREADS=$threads python3 bench/train.py bench/train-qwen3.json $run 8 "$threads" $attention
        done
    fi
done
