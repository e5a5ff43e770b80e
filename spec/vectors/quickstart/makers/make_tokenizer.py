"""A tokenizer of bytes for the tiny models of spec/vectors/hf: 0 <|endoftext|>, 1 <|im_start|>, 2 <|im_end|>, then the 256 bytes.

usage: python3 make_tokenizer.py OUT_DIR
"""
import json, os, sys

def letters():
    """The letter that byte-level tokenizers of Hugging Face write for each byte."""
    kept = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [b for b in range(256) if b not in kept]
    return {**{b: chr(b) for b in kept}, **{b: chr(256 + n) for n, b in enumerate(others)}}

special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
vocabulary = {token: i for i, token in enumerate(special)}
vocabulary.update({letter: 3 + b for b, letter in sorted(letters().items())})
tokenizer = {
    "version": "1.0", "truncation": None, "padding": None,
    "added_tokens": [{"id": i, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True} for i, token in enumerate(special)],
    "normalizer": None,
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
    "post_processor": None,
    "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": vocabulary, "merges": []},
}
config = {
    "tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "bos_token": None,
    "chat_template": "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "model_max_length": 256, "clean_up_tokenization_spaces": False,
}
for name, value in (("tokenizer.json", tokenizer), ("tokenizer_config.json", config)):
    with open(os.path.join(sys.argv[1], name), "w", encoding="utf-8") as file: json.dump(value, file, ensure_ascii=False, indent=1)
