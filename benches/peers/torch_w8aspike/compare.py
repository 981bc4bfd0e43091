"""PyTorch and Synfire side by side on the projections of one decoder layer of true SpikingBrain-7B shape.

    python benches/peers/torch_w8aspike/compare.py [--threads 1] [--rounds 3] [--binary PATH] [--folder FOLDER]

The layer has gated linear attention: q, k, v and gate projections of one input, o, gate and up of one input, down; 235 million INT8
weights, made up by Synfire, with a scale for each output and group of 128 inputs; inputs are normal. Each projection's input is
coded, V_th = mean|x|/3 a token and counts = round(x/V_th), within the clock on both sides.

    release       what the W8ASpike release does: weights fake-quantised at every call, then a dense f32 product
    prequantised  the fair opponent: weights fake-quantised beforehand, in f32 as PyTorch's product needs them

Each round runs PyTorch, then Synfire, as processes of their own with as many threads; the least time of all rounds counts. Outputs must
agree to a relative error of 1e-3 in norm (a count may round differently where x/V_th is a half). Needs torch and numpy, such as
Debian's python3-torch with libopenblas0-pthread, or those of PyPI; builds Synfire's side with cargo unless --binary names it.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
TOKENS = (1, 64)
STACKS = {
    "attn_in": ["attn.q_proj", "attn.k_proj", "attn.v_proj", "attn.gk_proj"],
    "o_in": ["attn.o_proj"],
    "mlp_in": ["mlp.gate_proj", "mlp.up_proj"],
    "down_in": ["mlp.down_proj"],
}
GROUP = 128


def tensors(folder):
    """The tensors of model.safetensors in `folder`, as arrays on the mapped file."""
    import numpy as np

    path = folder / "model.safetensors"
    with path.open("rb") as file:
        header_bytes = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(header_bytes))
    data = np.memmap(path, dtype=np.uint8, mode="r", offset=8 + header_bytes)
    kinds = {"I8": np.int8, "F32": np.float32}

    def tensor(name):
        entry = header[name]
        start, end = entry["data_offsets"]
        if entry["dtype"] == "BF16":
            return (data[start:end].view(np.uint16).astype(np.uint32) << 16).view(np.float32).reshape(entry["shape"])
        return data[start:end].view(kinds[entry["dtype"]]).reshape(entry["shape"])

    return header, tensor


def peer(folder, threads, repeats):
    """One round of PyTorch: least seconds by tokens and way, as JSON on the last line of the output."""
    import numpy as np
    import torch

    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    header, tensor = tensors(folder)
    layer = {}
    for stack, names in STACKS.items():
        for name in names:
            name = f"model.layers.0.{name}"
            scale = torch.from_numpy(np.array(tensor(f"{name}.weight_quantizer.scales")))
            q = torch.from_numpy(np.array(tensor(f"{name}.weight_by_input")).astype(np.float32).T.copy())
            bias = torch.from_numpy(np.array(tensor(f"{name}.bias"))) if f"{name}.bias" in header else None
            weight = (q.reshape(q.shape[0], -1, GROUP) * scale).reshape(q.shape)
            layer.setdefault(stack, []).append((weight, scale, bias))

    def quantised(weight, scale):
        groups = weight.reshape(weight.shape[0], -1, GROUP)
        return (torch.round(groups / scale) * scale).reshape(weight.shape)

    def run(inputs, requantise):
        outputs = {}
        for stack, matrices in layer.items():
            x = inputs[stack]
            threshold = (x.abs().mean(dim=-1, keepdim=True) / 3).clamp(1e-5, 1e4)
            coded = torch.round(x / threshold) * threshold
            outputs[stack] = [torch.nn.functional.linear(coded, quantised(w, s) if requantise else w, b)
                              for w, s, b in matrices]
        return outputs

    result = {"tool": f"torch {torch.__version__}", "threads": torch.get_num_threads()}
    for tokens in TOKENS:
        inputs = {stack: torch.from_numpy(np.fromfile(folder / f"{stack}.f32", np.float32).reshape(64, -1)[:tokens].copy())
                  for stack in STACKS}
        for way in ("prequantised", "release"):
            outputs = run(inputs, way == "release")
            times = []
            for _ in range(repeats if way == "prequantised" else 2):
                start = time.perf_counter()
                run(inputs, way == "release")
                times.append(time.perf_counter() - start)
            result[f"{way}_{tokens}_s"] = min(times)
        for stack, parts in outputs.items():
            torch.cat(parts, dim=-1).numpy().tofile(folder / f"{stack}.{tokens}.torch.f32")
    print(json.dumps(result))


def run(command, threads):
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
    environment = {**os.environ, **{name: str(threads) for name in names}}
    cpus = ",".join(map(str, range(threads)))
    output = subprocess.run(["taskset", "-c", cpus, *map(str, command)], env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(output.stdout.strip().splitlines()[-1])


def build():
    command = ["cargo", "bench", "--no-run", "--no-default-features", "--bench", "layer_projections", "--message-format=json"]
    lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return next(a["executable"] for a in map(json.loads, lines) if a.get("executable") and a["target"]["kind"] == ["bench"])


def relative_error(folder, tokens):
    import numpy as np

    worst = 0.0
    for stack in STACKS:
        ours, peers = (np.fromfile(folder / f"{stack}.{tokens}.{who}.f32", np.float32) for who in ("synfire", "torch"))
        worst = max(worst, float(np.linalg.norm(ours - peers) / np.linalg.norm(peers)))
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--binary", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, help="where the layer is made and kept (default: a temporary folder)")
    options = parser.parse_args()
    binary = pathlib.Path(options.binary or build()).resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or pathlib.Path(temporary) / "layer"
        if not folder.exists():
            subprocess.run([binary, "prepare", folder], check=True)
        best, peer_best = {}, {}
        for _ in range(options.rounds):
            one = run([sys.executable, __file__, "--peer", folder, options.threads], options.threads)
            peer_best = {k: min(v, peer_best.get(k, v)) if k.endswith("_s") else v for k, v in one.items()}
            for tokens in TOKENS:
                line = run([binary, "time", folder, tokens, 2], options.threads)
                if line["least_s"] < best.get(tokens, line)["least_s"] or tokens not in best:
                    best[tokens] = line
        machine = run([binary, "machine"], 1)
        errors = {tokens: relative_error(folder, tokens) for tokens in TOKENS}

    print(f"{peer_best['tool']}, {options.threads} thread(s) on both sides, least of {options.rounds} rounds, seconds a layer\n")
    print("| tokens | torch, release | torch, prequantised | Synfire | against release | against prequantised | difference |")
    print("|---|---|---|---|---|---|---|")
    for tokens, line in best.items():
        release, fair, ours = peer_best[f"release_{tokens}_s"], peer_best[f"prequantised_{tokens}_s"], line["least_s"]
        print(f"| {tokens} | {release:.3f} | {fair:.4f} | {ours:.4f} | {release / ours:.1f} | {fair / ours:.2f} | {errors[tokens]:.1e} |")
    one, many = best[TOKENS[0]], best[TOKENS[-1]]
    streamed = one["active_weights"] / one["least_s"]
    print(f"\n1 token: {one['silent']:.1%} of channels silent, {streamed / 1e9:.1f} GB/s of the weights of the others; "
          f"one stream reads {machine['bytes_per_s'] / 1e9:.1f} GB/s here")
    operations = 2 * many["weights"] * TOKENS[-1] / many["least_s"]
    peak = 128 * machine["clock_hz"] * options.threads
    print(f"{TOKENS[-1]} tokens: {operations / 1e9:.0f} GOPS (a multiplication and an addition a weight and token); one vpdpbusd of "
          f"512 bits a cycle at {machine['clock_hz'] / 1e9:.2f} GHz is {peak / 1e9:.0f} GOPS")
    sys.exit("outputs differ by more than 1e-3" if max(errors.values()) > 1e-3 else 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        peer(pathlib.Path(sys.argv[2]), int(sys.argv[3]), 5)
    else:
        main()
