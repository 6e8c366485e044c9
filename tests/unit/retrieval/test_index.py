"""An index is built whole, opened by the encoder it was built by, and refused otherwise."""

import errno
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval import folder
from retrieval import index as index_module
from retrieval.encoders.catalogue import open_encoder
from retrieval.errors import IndexRefused, RetrievalError
from retrieval.index import Index, build_index, open_index
from retrieval.item import Item

Maker = Callable[..., Path]
LOOP = "int main() {{ for (int i = 0; i < {0}; ++i) {1}; }}"
ITEMS = [
    Item("a1", "#include <map>\nint main() { std::map<int, int> m; m[1]++; }", ("a",), {"n": 1}),
    Item("a2", "#include <map>\nint main() { std::map<int, int> m; m[1]++; m[2]--; }", ("a",)),
    Item("b1", "#include <map>\nint main() { std::map<int, int> m; m[1] = 2; }", ("b",)),
    Item("c1", "int f(int k) { return k < 2 ? k : f(k - 1) + f(k - 2); }", ("c", "d")),
    Item("x", '#include <cstdio>\nint main() { printf("%d", 1); }'),
]


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return build_index(ITEMS, open_encoder("tokens"), tmp_path / "index", notes={"from": "here"})


def ids(index: Index, text: str, k: int, group: str | None = None, guard: bool = True) -> list[str]:
    return [hit.id for hit in index.search([text], k, [group], guard=guard)[0]]


def test_the_nearest_comes_first_and_scores_fall(index: Index) -> None:
    query = ITEMS[0].text.replace("m[1]++", "m[1]++; m[3]++")
    (hits,) = index.search([query], 5)
    assert hits[0].id in ("a1", "a2")
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len(hits) == 5


def test_the_querys_own_problem_is_never_found(index: Index) -> None:
    query = ITEMS[0].text + "int x;"
    assert ids(index, query, 2, guard=False) == ["a1", "a2"]
    assert ids(index, query, 1, "a") == ["b1"]
    assert set(ids(index, query, 5, "a")) == {"b1", "c1", "x"}


def test_a_querys_text_tells_its_problem_where_nobody_does(index: Index) -> None:
    laid_out_anew = ITEMS[0].text.replace(" ", "\n ")
    assert set(ids(index, laid_out_anew, 5)) == {"b1", "c1", "x"}


def test_a_program_of_several_problems_is_kept_from_each(index: Index) -> None:
    assert "c1" not in ids(index, "int y;", 5, "c")
    assert "c1" not in ids(index, "int y;", 5, "d")


def test_more_than_there_is_gives_all_there_is(index: Index) -> None:
    assert len(ids(index, "int y;", 1000)) == 5
    assert len(ids(index, "int y;", 1000, "a")) == 3


def test_each_query_of_many_gets_its_own_answer(index: Index) -> None:
    texts, groups = [item.text for item in ITEMS], ["a", "a", "b", "c", None]
    together = index.search(texts, 2, groups)
    assert together == [
        index.search([text], 2, [group])[0] for text, group in zip(texts, groups, strict=True)
    ]
    assert index.search([], 2) == []
    with pytest.raises(ValueError, match="2 texts and 1 groups"):
        index.search(["", ""], 1, ["a"])


def test_what_was_kept_with_a_program_comes_back(index: Index) -> None:
    assert index.payload("a1") == {"n": 1}
    assert index.payload("x") == {}
    with pytest.raises(KeyError):
        index.payload("nobody")


def test_an_index_opened_again_answers_the_same(index: Index) -> None:
    again = open_index(index.path)
    assert again.search([ITEMS[3].text], 5) == index.search([ITEMS[3].text], 5)
    assert again.fingerprint == index.fingerprint
    assert again.manifest["notes"] == {"from": "here"}


def test_the_same_programs_give_the_same_files(index: Index, tmp_path: Path) -> None:
    for kind in ("exact", "hnsw"):
        one = build_index(ITEMS, open_encoder("tokens"), tmp_path / f"1{kind}", kind)
        two = build_index(ITEMS, open_encoder("tokens"), tmp_path / f"2{kind}", kind)
        assert one.manifest == two.manifest
        assert one.fingerprint == two.fingerprint
    other = build_index(ITEMS[1:], open_encoder("tokens"), tmp_path / "other")
    assert other.fingerprint != index.fingerprint


def test_an_index_of_another_encoder_is_refused(
    index: Index, tmp_path: Path, tiny_model: Maker
) -> None:
    model = str(tiny_model(3))
    built = build_index(ITEMS, open_encoder("codebert-cpp", model=model), tmp_path / "codebert")
    same = open_encoder("codebert-cpp", model=model)
    assert open_index(built.path, same).search(["int x;"], 1) == built.search(["int x;"], 1)
    other = open_encoder("codebert-cpp", model=str(tiny_model(3, 1)))
    for place, encoder in ((built.path, other), (index.path, same), (built.path, index.encoder)):
        with pytest.raises(IndexRefused, match="was built by the encoder"):
            open_index(place, encoder)
    with pytest.raises(IndexRefused, match="was built by the encoder"):
        open_index(built.path, model=str(tiny_model(3, 1)))


def test_a_folder_of_weights_is_found_from_another_working_directory(
    tmp_path: Path, tiny_model: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny_model(3)
    monkeypatch.chdir(model.parent)
    build_index(ITEMS, open_encoder(model.name), tmp_path / "index")
    monkeypatch.chdir("/")
    assert len(open_index(tmp_path / "index")) == 5


def test_weights_may_move(tmp_path: Path, tiny_model: Maker) -> None:
    import shutil

    before, after = tmp_path / "before", tmp_path / "after"
    shutil.copytree(tiny_model(3), before)
    build_index(ITEMS, open_encoder("codebert-cpp", model=str(before)), tmp_path / "index")
    before.rename(after)
    assert len(open_index(tmp_path / "index", model=str(after))) == 5


@pytest.mark.parametrize("name", [*folder.FILES, folder.MANIFEST])
@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "gone"])
def test_a_damaged_file_is_refused_in_one_sentence(index: Index, name: str, damage: str) -> None:
    file = index.path / name
    data = file.read_bytes()
    if damage == "gone":
        file.unlink()
    elif damage == "flipped":
        at = len(data) // 2
        file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    else:
        file.write_bytes(data[:-7] if damage == "cut" else b"")
    with pytest.raises(IndexRefused) as told:
        open_index(index.path)
    assert "\n" not in str(told.value)
    assert told.value.remedy


def made_anew(index: Index, **changed: object) -> None:
    """Write the manifest as somebody would who knows how: every digest is right."""
    manifest = json.loads((index.path / folder.MANIFEST).read_text())
    for name in ("digest", "files", "format"):
        del manifest[name]
    folder.write_manifest(index.path, {**manifest, **changed})


@pytest.mark.parametrize("name", [folder.ITEMS, folder.PAYLOADS])
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: data[:-1].rindex(b"\n") + 1],
        lambda data: data + data,
        lambda data: data.replace(b'"', b"", 1),
        lambda data: data.replace(b"{", b"\xff", 1),
        lambda data: b"null\n" * data.count(b"\n"),
        lambda data: b"[" * 100_000 + data,
        lambda data: b"",
    ],
)
def test_lines_that_are_not_of_the_index_are_one_sentence_whatever_the_digests_say(
    index: Index, name: str, damage: Callable[[bytes], bytes]
) -> None:
    file = index.path / name
    file.write_bytes(damage(file.read_bytes()))
    made_anew(index)
    with pytest.raises(IndexRefused) as told:
        open_index(index.path).payload("a1")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "changed",
    [
        {"count": "5"},
        {"dimension": None},
        {"metric": "cosine"},
        {"notes": []},
        {"encoder": "tokens"},
        {"encoder": {"kind": "tokens", "name": "\x1b[31m", "options": {}, "fingerprint": "x"}},
        {
            "encoder": {
                "kind": "tokens",
                "name": "tokens",
                "options": {"language": "cobol", "programs": 5},
                "fingerprint": "x",
            }
        },
    ],
)
def test_a_manifest_with_other_values_is_one_sentence(
    index: Index, changed: dict[str, object]
) -> None:
    made_anew(index, **changed)
    with pytest.raises(IndexRefused):
        open_index(index.path)


def test_vectors_of_no_index_are_refused(index: Index) -> None:
    (index.path / folder.VECTORS).write_bytes(b"null" * 1000)
    made_anew(index)
    with pytest.raises(IndexRefused, match="cannot be read"):
        open_index(index.path)


def test_a_payload_file_that_is_shortened_while_it_is_open_is_refused(index: Index) -> None:
    (index.path / folder.PAYLOADS).write_bytes(b"")
    with pytest.raises(IndexRefused, match=r"payloads\.jsonl is damaged"):
        index.payload("x")


def test_an_index_of_another_format_is_refused(index: Index) -> None:
    file = index.path / folder.MANIFEST
    manifest = json.loads(file.read_text())
    manifest.pop("digest")
    manifest["format"] = 99
    manifest["digest"] = folder._digest_of(manifest)
    file.write_text(json.dumps(manifest))
    with pytest.raises(IndexRefused, match="format 99, and this version reads 1"):
        open_index(index.path)


def test_nothing_is_written_where_something_is(index: Index, tmp_path: Path) -> None:
    before = {file.name: file.read_bytes() for file in index.path.iterdir()}
    with pytest.raises(RetrievalError, match="holds an index already"):
        build_index(ITEMS[:1], open_encoder("tokens"), index.path)
    assert {file.name: file.read_bytes() for file in index.path.iterdir()} == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("precious")
    with pytest.raises(RetrievalError, match="exists and is no index"):
        build_index(ITEMS, open_encoder("tokens"), tmp_path / "mine", overwrite=True)
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "precious"


def test_a_build_that_fails_leaves_the_old_index_and_nothing_else(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder, "write_manifest", full)
    with pytest.raises(OSError, match="No space"):
        build_index(ITEMS[:1], open_encoder("tokens"), index.path, overwrite=True)
    monkeypatch.undo()
    assert [file.name for file in index.path.parent.iterdir()] == ["index"]
    assert len(open_index(index.path)) == 5


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
@pytest.mark.parametrize("programs", [3, 100_000])
def test_a_full_disk_is_an_error_of_the_system_however_much_fits(programs: int) -> None:
    faiss = pytest.importorskip("faiss")
    numpy = pytest.importorskip("numpy")
    structure = faiss.IndexFlatIP(8)
    structure.add(numpy.zeros((programs, 8), dtype=numpy.float32))
    with pytest.raises(OSError) as caught:
        index_module._write_structure(structure, Path("/dev/full"))
    assert caught.value.errno == errno.ENOSPC


def test_a_disk_that_is_full_at_the_vectors_leaves_the_old_index_and_nothing_else(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_structure: object, file: Path) -> None:
        file.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(index_module, "_write_structure", full)
    with pytest.raises(OSError, match="No space"):
        build_index(ITEMS[:1], open_encoder("tokens"), index.path, overwrite=True)
    monkeypatch.undo()
    assert [file.name for file in index.path.parent.iterdir()] == ["index"]
    assert len(open_index(index.path)) == 5


def test_an_index_is_replaced_where_that_is_asked_for(index: Index) -> None:
    build_index(ITEMS[:2], open_encoder("tokens"), index.path, overwrite=True)
    assert [file.name for file in index.path.parent.iterdir()] == ["index"]
    assert len(open_index(index.path)) == 2


def test_what_cannot_be_indexed_is_told_before_anything_is_encoded(tmp_path: Path) -> None:
    encoder = open_encoder("tokens")
    with pytest.raises(RetrievalError, match="no program to index"):
        build_index([], encoder, tmp_path / "x")
    with pytest.raises(RetrievalError, match="the id 'a1' stands twice"):
        build_index([ITEMS[0], ITEMS[0]], encoder, tmp_path / "x")
    with pytest.raises(RetrievalError, match="no kind 'flat'"):
        build_index(ITEMS, encoder, tmp_path / "x", "flat")  # type: ignore[arg-type]
    with pytest.raises(RetrievalError, match="at least 9,984 programs"):
        build_index(ITEMS, encoder, tmp_path / "x", "ivfpq")
    assert not (tmp_path / "x").exists()


def test_a_folder_that_is_no_index_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(IndexRefused, match="holds no index"):
        open_index(tmp_path)
