"""Makes qwen2/ and llama/: small random checkpoints and the logits that Hugging Face transformers computes for them in f32.

Needs torch and transformers: python3 make_plain_models.py (run in this folder).
"""
import json
import os

import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

SHAPE = dict(vocab_size=256, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=128, initializer_range=0.2, attn_implementation="eager")
MODELS = {
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**SHAPE, tie_word_embeddings=True, rope_theta=1e6)),
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**SHAPE, rms_norm_eps=1e-5, rope_theta=1e4)),
}
IDS = [(37 * i + 11) % 256 for i in range(40)]

for name, make in MODELS.items():
    torch.manual_seed(7)
    model = make().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.2 * torch.randn_like(parameter))
        logits = model(torch.tensor([IDS])).logits[0]
    os.makedirs(name, exist_ok=True)
    weights = {k: v.contiguous() for k, v in model.state_dict().items() if k != "lm_head.weight" or name != "qwen2"}
    save_file(weights, f"{name}/model.safetensors")
    with open(f"{name}/config.json", "w") as f:
        json.dump(json.loads(model.config.to_json_string(use_diff=False)), f, indent=2, sort_keys=True)
    save_file({"input_ids": torch.tensor(IDS), "logits": logits.contiguous()}, f"expected-{name}.safetensors")
