"""Makes the sample files of event cameras in this folder, and `*.csv` with the events that a peer reads from each.

    pip install numpy==2.3.5 dv-processing==2.0.4 aedat==2.3.0 expelliarmus==1.1.12 evt3==0.4.1 tonic==1.7.0
    python make_samples.py

Where a peer writes the format, another peer reads it back; where none writes it, the bytes are packed here from the
format's documentation and a peer reads them.
"""

import re
import struct
from pathlib import Path

import aedat
import dv_processing as dv
import evt3
import numpy as np
import tonic.io
from expelliarmus import Wizard

HERE = Path(__file__).parent


def store(name, t, x, y, p):
    """Writes the expected events: time in microseconds, column, row, polarity, in order of time."""
    rows = np.stack([np.asarray(column, dtype=np.int64) for column in (t, x, y, p)], axis=1)
    np.savetxt(HERE / f"{name}.csv", rows, fmt="%d", delimiter=",", header="time_us,x,y,on", comments="")


def events(count, width, height, span_us, seed):
    rng = np.random.default_rng(seed)
    t = np.sort(rng.integers(0, span_us, count))
    return t, rng.integers(0, width, count), rng.integers(0, height, count), rng.integers(0, 2, count)


def n_mnist():
    """Packed here; read by tonic. Two overflow marks (row 240) within."""
    t, x, y, p = events(600, 34, 34, 8000, 1)
    y[[200, 400]] = 240
    data = bytearray()
    for t_i, x_i, y_i, p_i in zip(t, x, y, p):
        data += bytes([x_i, y_i, p_i << 7 | t_i >> 16, t_i >> 8 & 255, t_i & 255])
    (HERE / "n-mnist.bin").write_bytes(data)
    read = tonic.io.read_mnist_file(str(HERE / "n-mnist.bin"), dtype=tonic.io.events_struct)
    store("n-mnist", read["t"], read["x"], read["y"], read["p"])


def aedat3():
    """Packed here, 2 packets with polarity; read by tonic."""
    t, x, y, p = events(500, 128, 128, 400_000, 2)
    data = bytearray(b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n")
    data += b"#Start-Time: 2016-05-05 12:00:00 (TZ+0200)\r\n#!END-HEADER\r\n"
    for part in (slice(0, 300), slice(300, 500)):
        number = len(t[part])
        data += struct.pack("<hhiiiiii", 1, 1, 8, 4, 0, number, number, number)
        for t_i, x_i, y_i, p_i in zip(t[part], x[part], y[part], p[part]):
            data += struct.pack("<Ii", int(x_i) << 17 | int(y_i) << 2 | int(p_i) << 1 | 1, t_i)
    (HERE / "dvs128.aedat").write_bytes(data)
    _, data_start, *_ = tonic.io.read_aedat_header_from_file(str(HERE / "dvs128.aedat"))
    read = tonic.io.get_aer_events_from_file(str(HERE / "dvs128.aedat"), 3.1, data_start)
    address = read["address"]
    store("dvs128", read["timeStamp"], address >> 17 & 0x7FFF, address >> 2 & 0x7FFF, address >> 1 & 1)


def aedat4(compression, name):
    """Written by dv-processing, the publisher's library, in several packets; read by aedat."""
    t, x, y, p = events(500, 346, 260, 50_000, 3)
    t += 1_700_000_000_000_000
    path = HERE / f"{name}.aedat4"
    config = dv.io.MonoCameraWriter.EventOnlyConfig("DAVIS346_sample", (346, 260), compression)
    writer = dv.io.MonoCameraWriter(str(path), config)
    writer.setPackagingCount(200)
    batch = dv.EventStore()
    for t_i, x_i, y_i, p_i in zip(t, x, y, p):
        batch.push_back(int(t_i), int(x_i), int(y_i), bool(p_i))
    writer.writeEvents(batch)
    del writer
    read = np.concatenate([packet["events"] for packet in aedat.Decoder(str(path)) if "events" in packet])
    store(name, read["t"], read["x"], read["y"], read["on"])


def evt2():
    """Written and read by expelliarmus. The header does not tell the size of the sensor."""
    t, x, y, p = events(500, 1280, 720, 5_000_000, 4)
    array = np.empty(500, dtype=[("t", "<i8"), ("x", "<i2"), ("y", "<i2"), ("p", "u1")])
    array["t"], array["x"], array["y"], array["p"] = t, x, y, p
    path = HERE / "evt2.raw"
    Wizard(encoding="evt2").save(fpath=path, arr=array)
    # The writer gives the time of writing; a fixed one keeps the file as it is.
    path.write_bytes(re.sub(rb"% Date [^\n]*", b"% Date 2024-01-01 00:00:00", path.read_bytes()))
    read = Wizard(encoding="evt2", fpath=path).read()
    store("evt2", read["t"], read["x"], read["y"], read["p"])


def evt3_words():
    """Packed here with single events, vectors and a turn of the 24-bit time; read by evt3.

    expelliarmus 1.1.12 is no peer here: its writer leaves out time-high words, and evt3 then reads other times.
    """
    rng = np.random.default_rng(5)
    words, high, row = [], None, None
    for t in np.sort(rng.integers(2**24 - 100_000, 2**24 + 100_000, 300)) % 2**24:
        if high != t >> 12:
            high = t >> 12
            words.append(0x8000 | high)
        words.append(0x6000 | t & 0xFFF)
        if rng.random() < 0.7:
            row = rng.integers(0, 720)
            words.append(row)
        elif row is None:
            continue
        if rng.random() < 0.2:
            words.append(0x3000 | rng.integers(0, 2) << 11 | rng.integers(0, 1240))
            words.append(0x4000 | rng.integers(0, 2**12))
            words.append(0x4000 | rng.integers(0, 2**12))
            words.append(0x5000 | rng.integers(0, 2**8))
        else:
            words.append(0x2000 | rng.integers(0, 2) << 11 | rng.integers(0, 1280))
        if rng.random() < 0.1:
            words.append(0xA000 | rng.integers(0, 2))
    header = b"% evt 3.0\n% format EVT3;height=720;width=1280\n% geometry 1280x720\n% end\n"
    path = HERE / "evt3.raw"
    path.write_bytes(header + np.array(words, dtype="<u2").tobytes())
    read = evt3.decode_file(str(path))
    store("evt3", read.timestamp, read.x, read.y, read.polarity)


n_mnist()
aedat3()
for compression, name in [
    (dv.CompressionType.NONE, "plain"),
    (dv.CompressionType.LZ4, "lz4"),
    (dv.CompressionType.ZSTD_HIGH, "zstd"),
]:
    aedat4(compression, name)
evt2()
evt3_words()
