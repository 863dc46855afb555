"""What a batch is asked for: manifests, folders, globs and the names of outputs."""

import inspect
import json

import numpy as np
import pytest
from pictures import bricks, save

from engine.batch.checking import checked_count
from engine.batch.manifest import maps_made_alone
from engine.batch.requests import _parameters, jobs_of
from engine.cli.batch import batch
from engine.cli.synthesize import synthesize
from engine.options.failures import CommandError

# What belongs to a run, not to a texture.
OF_THE_RUN = {"pick", "record", "record_figures", "force", "as_json", "quiet", "engine", "local", "tile", "ray"}


def defaults(**given):
    """What Typer makes of a batch's options."""
    found = {name: each.default for name, each in inspect.signature(synthesize).parameters.items()}
    return {name: value for name, value in found.items() if name in _parameters() and name != "output"} | given


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("a", "b", "deep/a", "moss_color", "moss_normal"):
        save(tmp_path / "in" / f"{name}.png", bricks())
    return tmp_path


def jobs(folder, *sources, pattern=None, **given):
    return list(jobs_of([folder / each for each in sources], defaults(**given), pattern))


def names(made):
    return [str(name) for job in made for name in job.outputs]


def manifest(folder, *lines, name="list.jsonl"):
    (folder / name).write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines))
    return name


def test_a_line_takes_every_option_of_a_texture():
    assert set(_parameters()) == set(inspect.signature(synthesize).parameters) - OF_THE_RUN


def test_the_command_line_has_them_too_as_defaults():
    given = set(inspect.signature(batch).parameters)
    assert set(_parameters()) - given == {"exemplars"}


def test_a_folder_gives_one_texture_of_each_picture(pictures):
    (pictures / "in" / "notes.txt").write_text("no picture")
    made = jobs(pictures, "in", variations=2, seed=5)
    assert names(made) == [
        f"{stem}-{seed}.png" for stem in ("a", "b", "moss_color", "moss_normal") for seed in (5, 6)
    ]
    assert [job.spec.settings.seed for job in made[:2]] == [5, 6]


def test_a_glob_searches_folders_whose_names_a_pattern_may_have(pictures):
    made = jobs(pictures, "in/**/a.png", pattern="{folder}/{stem}-{quality}.webp", quality="draft")
    assert names(made) == ["a-draft.webp", "deep/a-draft.webp"]


def test_json_lines_and_csv_ask_alike(pictures):
    lines = manifest(
        pictures,
        {"exemplar": "in/a.png", "size": "40x48", "seamless": "x", "scales": [0.8, 1.25], "flips": True, "seed": 3},
        {"exemplars": ["in/a.png", "in/b.png"], "share": "2,1", "output": "mix.tif", "repetition-penalty": 0.5},
    )
    table = manifest(
        pictures,
        "exemplars,size,seamless,scales,flips,seed,share,output,repetition-penalty",
        'in/a.png,40x48,x,"0.8,1.25",yes,3,,,',
        'in/a.png;in/b.png,,,,,,"2,1",mix.tif,0.5',
        name="list.csv",
    )
    one, two = jobs(pictures, lines), jobs(pictures, table)
    assert [(job.spec, job.outputs) for job in one] == [(job.spec, job.outputs) for job in two]
    assert one[0].spec.settings.scales == (0.8, 1.25)
    assert one[0].spec.settings.flips
    assert one[0].spec.size == (48, 40)[::-1]
    assert names(one) == ["a.png", "mix.tif"]
    assert one[1].place == f"{pictures / lines}, line 2"


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("list.csv", ["exemplar,size,exemplar", "in/a.png,40x48,in/b.png"]),
        ("list.jsonl", ['{"exemplar": "in/a.png", "exemplar": "in/b.png"}']),
    ],
)
def test_a_name_that_is_given_twice_is_refused(pictures, name, lines):
    with pytest.raises(CommandError, match="'exemplar' more than once"):
        jobs(pictures, manifest(pictures, *lines, name=name))


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_the_first_line_tells_what_is_between_cells(pictures, between):
    cells = (("exemplars", "scales", "share", "seed"), ('"in/a.png;in/b.png"', '"0.8,1.25"', '"2,1"', "3"))
    (job,) = jobs(pictures, manifest(pictures, *map(between.join, cells), name="list.csv"))
    assert job.spec.exemplars == (pictures / "in" / "a.png", pictures / "in" / "b.png")
    assert (job.spec.settings.scales, job.spec.shares, job.spec.settings.seed) == ((0.8, 1.25), (2, 1), 3)


def test_a_line_overrides_the_command_line(pictures):
    lines = manifest(pictures, {"exemplar": "in/a.png"}, {"exemplar": "in/b.png", "quality": "best", "flips": False})
    made = jobs(pictures, lines, quality="draft", flips=True)
    assert [(job.spec.settings.quality, job.spec.settings.flips) for job in made] == [
        ("draft", True),
        ("best", False),
    ]


def test_files_are_relative_to_their_manifest(pictures):
    (pictures / "in" / "list.jsonl").write_text('{"exemplar": "a.png", "canvas-guide": "b.png"}')
    (job,) = jobs(pictures, "in/list.jsonl")
    assert job.spec.files == [pictures / "in" / "a.png", pictures / "in" / "b.png"]


def test_maps_of_a_material_are_one_texture_of_several_files(pictures):
    lines = manifest(pictures, {"exemplars": ["in/moss_color.png", "in/moss_normal.png"]})
    (job,) = jobs(pictures, lines, pattern="new/{stem}.png")
    assert names([job]) == ["new/moss_color.png", "new/moss_normal.png"]


def test_maps_that_are_made_one_by_one_are_told_of(pictures):
    # The folder has `a`, `b` and two maps of moss.
    (said,) = maps_made_alone([pictures / "in", pictures / "list.jsonl"])
    assert said.startswith("2 files look like maps of one texture (moss_color, moss_normal)")
    assert maps_made_alone([pictures / "in" / "moss_*.png"]) == [said]
    assert maps_made_alone([pictures / "in" / "a.png", pictures / "in" / "moss_normal.png"]) == []


WRONG = {
    "no JSON": ("{", "is not JSON"),
    "no object": ("[1]", "not an object"),
    "a misspelled option": ({"exemplar": "in/a.png", "seeed": 9}, "did you mean 'seed'?"),
    "a value out of range": ({"exemplar": "in/a.png", "noise": 3}, "--noise is 3.0: give"),
    "a word for a number": ({"exemplar": "in/a.png", "seed": "one"}, "--seed is 'one': give"),
    "no such choice": ({"exemplar": "in/a.png", "quality": "great"}, "--quality is 'great'"),
    "true for a number": ({"exemplar": "in/a.png", "seed": True}, "--seed is 'true': give a whole number"),
    "an object for a number": ({"exemplar": "in/a.png", "seed": {}}, "--seed is '{}': give a whole number"),
    "nothing for a number": ({"exemplar": "in/a.png", "steps": []}, "--steps is '[]': give"),
    "false for a choice": ({"exemplar": "in/a.png", "quality": False}, "--quality is 'false': give one of"),
    "true for a size": ({"exemplar": "in/a.png", "size": True}, "--size is 'true': give width and height"),
    "an object for a file": ({"exemplar": "in/a.png", "mask": {}}, "'mask' is {}: name a file"),
    "false for files": ({"exemplar": False}, "'exemplars' is false: name a file, or a list of files"),
    "no exemplar": ({"seed": 1}, "neither an exemplar nor a canvas"),
    "no yes or no": ({"exemplar": "in/a.png", "flips": "perhaps"}, "give true or false"),
    "an option twice": ({"exemplar": "in/a.png", "exemplars": ["in/a.png"]}, "twice"),
    "an output elsewhere": ({"exemplar": "in/a.png", "output": "../a.png"}, "name a file below the folder"),
    "an unknown format": ({"exemplar": "in/a.png", "output": "a.xyz"}, "end it with one of .png"),
    "standard input": ({"exemplar": "-"}, "standard input"),
    "a missing file": ({"exemplar": "in/none.png"}, "in/none.png does not exist"),
    "an option of the run": ({"exemplar": "in/a.png", "record": "a.gif"}, "not an option of a texture"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_line_is_told_in_one_sentence_with_its_number(pictures, wrong):
    line, said = WRONG[wrong]
    listed = pictures / manifest(pictures, {"exemplar": "in/b.png"}, line)
    with pytest.raises(CommandError) as refused:
        checked_count(lambda: jobs_of([listed], defaults(), None), pictures / "out")
    assert str(refused.value).startswith(f"{listed}, line 2")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("output", ["out", "in"])
def test_a_picture_that_is_wrong_is_named_once(pictures, output):
    made = [pictures / "in"] if output == "in" else [pictures / "none.png"]
    with pytest.raises(CommandError) as refused:
        checked_count(lambda: jobs_of(made, defaults(), None), pictures / output)
    assert str(refused.value).count(".png") == 1


def test_two_textures_of_one_name_are_refused(pictures):
    listed = pictures / manifest(
        pictures, {"exemplar": "in/b.png"}, {"exemplar": "in/a.png"}, {"exemplar": "in/b.png"}
    )
    with pytest.raises(CommandError, match=r"line 1 and .*line 3 would write b\.png twice"):
        checked_count(lambda: jobs_of([listed], defaults(), None), pictures / "out")


def test_an_input_is_not_overwritten(pictures):
    with pytest.raises(CommandError, match="is an input, and would be overwritten"):
        checked_count(lambda: jobs_of([pictures / "in"], defaults(), None), pictures / "in")


@pytest.mark.parametrize("pattern", ["{steam}.png", "{}.png", "{seed.real}.png", "{stem", "{stem}.gif", "{stem}"])
def test_a_wrong_pattern_is_refused(pattern):
    from engine.batch.naming import check_pattern

    with pytest.raises(CommandError, match="--name"):
        check_pattern(pattern)


def test_numbers_in_names_take_a_format(pictures):
    made = jobs(pictures, "in/a.png", "in/b.png", pattern="{number:04d}-{size}.png", size="40x48")
    assert names(made) == ["0001-40x48.png", "0002-40x48.png"]


def test_requests_are_read_one_by_one(pictures):
    # The second line is wrong, and has not been read when the first is there.
    listed = pictures / manifest(pictures, {"exemplar": "in/a.png"}, "{")
    assert next(jobs_of([listed], defaults(), None)).name == "a.png"


def test_digests_are_found_again():
    from engine.batch.digests import Digests

    chance = np.random.default_rng(0)
    some = [chance.bytes(16) for _ in range(1000)]
    kept = Digests(some[::2])
    assert [each in kept for each in some] == [number % 2 == 0 for number in range(1000)]
    assert some[0] not in Digests()
