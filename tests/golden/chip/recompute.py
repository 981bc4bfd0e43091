"""Writes expected.json: what SANA-FE makes of the chip and the network in this folder. Needs `pip install sanafe`."""

import json
import pathlib

import sanafe

here = pathlib.Path(__file__).parent
runs = []
for steps in [1, 7, 200]:
    architecture = sanafe.load_arch(str(here / "architecture.yaml"))
    chip = sanafe.SpikingChip(architecture)
    chip.load(sanafe.load_net(str(here / "network.yaml"), architecture))
    result = chip.sim(steps)
    kept = ["spikes", "packets_sent", "neurons_updated", "neurons_fired", "energy", "sim_time"]
    runs.append({"steps": steps} | {key: result[key] for key in kept})
(here / "expected.json").write_text(json.dumps({"sanafe": "2.2.9", "runs": runs}, indent=1) + "\n")
