"""One table: the model's figures and gem5's configuration are the same data."""

from __future__ import annotations

import ast
import re
import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.skylake import build, parameters

CONFIGURATION = Path(__file__).parents[4] / "gem5_configs"
TABLE = runpy.run_path(str(CONFIGURATION / "figures.py"))

# Figures of the configuration that nothing in the model hangs on, each with the reason.
NOT_MODELLED = {
    "CORE_FORWARD_COM_SIZE": "the length of a queue inside the simulator",
    "CORE_BACK_COM_SIZE": "the length of a queue inside the simulator",
    "CORE_WB_WIDTH": "ports begin at most as many operations as are written back",
    "TAGE_MIN_HIST": "the history lengths are made of it",
    "BTB_TAG_BITS": "wider than any program's text",
    "CACHE_TGTS_PER_MSHR": "never filled",
    "L1I_MSHRS": "never filled",
    "L1I_DEMAND_MSHR_RESERVE": "never filled",
    "L1I_WRITE_BUFFERS": "never filled",
    "L1D_MSHRS": "never filled",
    "L1D_DEMAND_MSHR_RESERVE": "never filled",
    "L1D_WRITE_BUFFERS": "never filled",
    "L2_MSHRS": "never filled",
    "L2_WRITE_BUFFERS": "never filled",
    "L3_MSHRS": "never filled",
    "L3_WRITE_BUFFERS": "never filled",
    "L2_DATA_LATENCY": "tags and data are looked up at once, with the same latency",
    "L3_DATA_LATENCY": "tags and data are looked up at once, with the same latency",
}


@pytest.fixture
def changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the configurations that the model is made of instead, and its table."""
    folder = tmp_path / "gem5_configs"
    shutil.copytree(CONFIGURATION, folder)
    monkeypatch.setattr(parameters, "gem5_configurations", lambda: folder)
    for cached in (build.sources, build.model_digest):
        cached.cache_clear()
    yield folder / "figures.py"
    for cached in (build.sources, build.model_digest):
        cached.cache_clear()


def constants(header: bytes) -> dict[str, str]:
    return dict(re.findall(r"^#define (\w+) (.+)$", header.decode(), re.MULTILINE))


def words_of_the_model() -> set[str]:
    own = [text for name, text in build.sources().items() if name != "parameters.h"]
    code = re.sub(r"/\*.*?\*/", "", b"\n".join(own).decode(), flags=re.DOTALL)
    return set(re.findall(r"\w+", code))


@pytest.mark.parametrize(
    ("name", "constant"),
    [
        ("renameToIEWDelay", "RENAME_TO_IEW_DELAY"),
        ("numROBEntries", "NUM_ROB_ENTRIES"),
        ("LQEntries", "LQ_ENTRIES"),
        ("LSQDepCheckShift", "LSQ_DEP_CHECK_SHIFT"),
        ("tRRD_L", "T_RRD_L"),
        ("indirectGHRBits", "INDIRECT_GHR_BITS"),
        ("SimdFloatMultAcc", "SIMD_FLOAT_MULT_ACC"),
    ],
)
def test_gem5s_names_become_cs(name: str, constant: str) -> None:
    assert parameters.constant(name) == constant


def test_the_header_holds_the_tables_figures_of_verbatim() -> None:
    made = constants(parameters.header())
    for name, value in TABLE["CORES"]["Verbatim"].items():
        assert made["CORE_" + parameters.constant(name)] == str(value)
    assert made["TAGE_TAG_TABLE_TAG_WIDTHS"] == "{0, 7, 7, 8, 8, 9, 10, 11, 12, 12, 13, 14, 15}"
    assert made["DRAM_T_RFC"] == "350000"
    assert made["L2_SIZE"] == str(1 << 20)


def test_a_port_list_becomes_bits_and_a_latency() -> None:
    made = constants(parameters.header())
    assert (made["PORTS_SIMD_MISC"], made["LATENCY_SIMD_MISC"]) == (str(1 | 2 | 32), "1")
    assert (made["PORTS_MEM_WRITE"], made["PORTS_INT_MULT"]) == (str(16 | 128), "2")
    assert made["LATENCY_FLOAT_SQRT"] == "24"


def test_history_lengths_are_gem5s_geometric_row() -> None:
    made = constants(parameters.header())
    assert made["TAGE_HISTORY_LENGTHS"] == "{0, 4, 5, 6, 7, 9, 11, 13, 16, 19, 23, 28, 34}"


def test_every_figure_is_used_by_the_model_or_has_a_reason_not_to_be() -> None:
    made, used = constants(parameters.header()), words_of_the_model()
    units = re.findall(r"UNIT\((\w+)\)", build.sources()["ports.c"].decode())
    assert set(units) > {"INT_ALU", "MEM_READ", "SIMD_FLOAT_SQRT"}
    used |= {f"{what}_{unit}" for unit in units for what in ("PORTS", "LATENCY")}
    idle = {name for name in made if not name.startswith(("PORTS_", "LATENCY_"))} - used
    assert idle == set(NOT_MODELLED)


@pytest.mark.parametrize(
    "file", ["branch_predictor.py", "caches.py", "core.py", "memory.py", "ports.py", "skylake.py"]
)
def test_gem5s_configuration_holds_no_figure_of_its_own(file: str) -> None:
    tree = ast.parse((CONFIGURATION / file).read_text())
    numbers = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
    }
    assert numbers <= {0}


def test_a_figure_that_is_changed_in_the_table_is_another_model(changed: Path) -> None:
    text = changed.read_text()
    assert '"numROBEntries": 224' in text
    before = build.model_digest()
    changed.write_text(text.replace('"numROBEntries": 224', '"numROBEntries": 225'))
    for cached in (build.sources, build.model_digest):
        cached.cache_clear()
    assert constants(parameters.header())["CORE_NUM_ROB_ENTRIES"] == "225"
    assert build.model_digest() != before


@pytest.mark.parametrize("configuration", ["Tuned", "Unconstrained"])
def test_a_pool_that_the_model_cannot_hold_is_refused(configuration: str) -> None:
    with pytest.raises(ValueError, match="one unit of each port"):
        parameters.header(configuration)


def test_two_latencies_of_one_operation_are_refused(changed: Path) -> None:
    text = changed.read_text()
    changed.write_text(
        text.replace("        _INTEGER | _SIMD_BASIC,\n", '        {"IntAlu": 2},\n')
    )
    with pytest.raises(ValueError, match="IntAlu has another latency"):
        parameters.header()
