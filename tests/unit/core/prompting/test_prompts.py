"""What a model reads: PIE's words, the code to the byte, the same in training and sampling."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.problem import InputError
from pie.core.prompting.example_pairs import (
    fixed_examples,
    nearest_examples,
    random_examples,
    read_pool,
)
from pie.core.prompting.prompts import (
    SYSTEM,
    Example,
    Form,
    Strategy,
    cot_examples,
    render,
    render_training,
)
from pie.core.prompting.token_budget import estimate_tokens, fit
from pie.core.rows import parse_row
from sim.program import Language

SRC = "int main() { return a<b && c>d; }"
A = Example("slow_a", "fast_a", "a", "p1", "because a")
B = Example("slow_b", "fast_b", "b", "p2", "because b")


def row(source: str = SRC, problem: str = "p0"):  # type: ignore[no-untyped-def]
    import json

    fields = {"src_code": source, "tgt_code": "t", "problem_id": problem, "tests": [0]}
    return parse_row(json.dumps(fields).encode())


def plain(strategy: Strategy, *examples: Example, score: int = 10) -> str:
    return render(strategy, Form.PLAIN, SRC, examples=examples, score=score).text


def test_instruction_is_pies_figure_12() -> None:
    assert plain(Strategy.INSTRUCTION) == (
        "Given the program below, improve its performance:\n\n"
        f"### Program:\n{SRC}\n\n### Optimized Version:\n"
    )


def test_finetuned_is_the_template_that_pies_models_were_trained_with() -> None:
    assert plain(Strategy.FINETUNED) == (
        "Below is a program. Optimize the program and provide a more efficient version.\n\n"
        f"### Program:\n{SRC}\n\n### Optimized Version:\n"
    )


def test_performance_conditioned_is_pies_figure_2_and_names_the_score_twice() -> None:
    assert plain(Strategy.PERF_CONDITIONED, score=7) == (
        "This is a slow program we want to optimize to score 7/10.\n\n"
        f"### Program:\n{SRC}\n\n### Optimized Version with score 7/10:\n\n"
        "### Optimized Version:\n"
    )


@pytest.mark.parametrize("strategy", [Strategy.FEW_SHOT, Strategy.RETRIEVAL])
def test_examples_stand_in_their_order_before_the_program(strategy: Strategy) -> None:
    assert plain(strategy, A, B) == (
        "### Program:\nslow_a\n\n### Optimized Version:\nfast_a\n\n"
        "### Program:\nslow_b\n\n### Optimized Version:\nfast_b\n\n"
        f"### Program:\n{SRC}\n\n### Optimized Version:\n"
    )


def test_chain_of_thought_asks_for_the_strategy_first() -> None:
    assert plain(Strategy.COT, A) == (
        "### slower program:\nslow_a\n\nGive a potential strategy improving the program:\n"
        "because a\n\n"
        "### optimized version of the same code with the strategy mentioned above:\nfast_a\n\n"
        f"### slower program:\n{SRC}\n\nGive a potential strategy improving the program:\n"
    )


@pytest.mark.parametrize("language", list(Language))
def test_the_worked_examples_of_chain_of_thought_have_all_their_parts(language: Language) -> None:
    examples = cot_examples(language)
    assert len(examples) == 2
    for one in examples:
        assert one.src_code != one.tgt_code
        assert one.strategy
        if language is Language.PYTHON:
            compile(one.src_code, "src", "exec")
            compile(one.tgt_code, "tgt", "exec")


def test_chat_form_is_pies_system_message_and_the_plain_text() -> None:
    prompt = render(Strategy.INSTRUCTION, Form.CHAT, SRC)
    assert [(one.role, one.content) for one in prompt.messages] == [
        ("system", SYSTEM),
        ("user", plain(Strategy.INSTRUCTION)),
    ]
    assert prompt.stop == ()


@pytest.mark.parametrize(("language", "mark"), [(Language.CPP, "//"), (Language.PYTHON, "#")])
def test_finetuned_in_chat_form_is_the_text_of_pies_openai_rows(
    language: Language, mark: str
) -> None:
    prompt = render(Strategy.FINETUNED, Form.CHAT, SRC, language)
    assert prompt.text == (
        f"{mark} slower version::\n\n{SRC}\n\n{mark} optimized version of the same code:\n\n"
    )


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("strategy", sorted(set(Strategy) - {Strategy.COT, Strategy.ROWS}))
def test_training_and_sampling_have_the_same_prompt(strategy: Strategy, form: Form) -> None:
    prompt, completion = render_training(strategy, form, SRC, "the target", score=4)
    assert prompt == render(strategy, form, SRC, score=4)
    assert completion == "the target"


def test_there_is_no_training_with_reasoning_that_rows_do_not_have() -> None:
    with pytest.raises(ValueError, match="no reasoning"):
        render_training(Strategy.COT, Form.PLAIN, SRC, "t")


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",))))
def test_code_is_data_whatever_it_holds(code: str) -> None:
    text = render(Strategy.INSTRUCTION, Form.PLAIN, code).text
    assert text.partition("### Program:\n")[2].removesuffix("\n\n### Optimized Version:\n") == code


@pytest.mark.parametrize("code", ["{{ 7 * 7 }}", "{% include 'cot.j2' %}", "{# x #}", "{{ x }}"])
def test_code_is_never_taken_for_a_template(code: str) -> None:
    assert code in render(Strategy.FEW_SHOT, Form.PLAIN, code, examples=[A]).text


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="shows no examples"):
        plain(Strategy.INSTRUCTION, A)
    with pytest.raises(ValueError, match="score 11"):
        plain(Strategy.PERF_CONDITIONED, score=11)


def test_the_digest_is_of_all_that_the_model_is_given() -> None:
    prompts = [render(Strategy.INSTRUCTION, form, code) for form in Form for code in (SRC, "x")]
    assert len({one.digest for one in prompts}) == 4


def test_whole_examples_are_dropped_the_first_one_first_and_code_is_never_cut() -> None:
    def made(shown):  # type: ignore[no-untyped-def]
        return render(Strategy.RETRIEVAL, Form.PLAIN, SRC, examples=shown)

    need = [estimate_tokens(made([A, B][at:])) for at in range(3)]
    assert need[0] > need[1] > need[2]
    for room, dropped in [(need[0], 0), (need[0] - 1, 1), (need[1] - 1, 2), (None, 0)]:
        fitted = fit(made, [A, B], estimate_tokens, room)
        assert (fitted.dropped, fitted.fits) == (dropped, True)
        assert fitted.prompt == made([A, B][dropped:])
        assert fitted.prompt.examples == tuple(one.id for one in [A, B][dropped:])
    fitted = fit(made, [A, B], estimate_tokens, need[2] - 1)
    assert (fitted.dropped, fitted.fits) == (2, False)
    assert SRC in fitted.prompt.text


def test_the_estimate_of_tokens_grows_with_bytes_and_counts_messages() -> None:
    short, chat = (render(Strategy.INSTRUCTION, form, "é" * 300) for form in Form)
    assert estimate_tokens(short) >= 200
    assert estimate_tokens(chat) > estimate_tokens(short)


def test_random_examples_are_of_other_problems_and_depend_on_seed_and_row_alone() -> None:
    pool = [(Language.CPP, Example(f"s{k}", "f", f"e{k}", f"p{k % 5}")) for k in range(50)]
    pool += [(Language.PYTHON, Example("python", "f", "py", "p9"))]
    choose = random_examples(pool, 2, seed=1)
    drawn = [choose(row(f"code {k}", "p3")) for k in range(40)]
    assert all(one.problem_id != "p3" for both in drawn for one in both)
    assert all(one.src_code != "python" for both in drawn for one in both)
    assert all(len({one.id for one in both}) == 2 for both in drawn)
    assert len({one.id for both in drawn for one in both}) > 20
    assert choose(row("code 7", "p3")) == drawn[7]
    other = random_examples(pool, 2, seed=2)
    assert [other(row(f"code {k}", "p3")) for k in range(40)] != drawn


def test_the_fixed_prompt_has_the_same_pairs_for_every_row_that_they_do_not_give_away() -> None:
    pool = [(Language.CPP, Example(f"s{n}", f"t{n}", f"e{n}", f"p{n}")) for n in range(50)]
    choose = fixed_examples(pool, 2, seed=1)
    shown = {tuple(choose(row(f"int q{n};", f"q{n}"))) for n in range(30)}
    ((first, second),) = shown
    instead = choose(row(problem=first.problem_id))
    assert instead[0] == second
    assert first not in instead
    assert choose(row(second.src_code, "q"))[0] == first
    assert fixed_examples(pool[::-1], 2, seed=2)(row(problem="q")) != [first, second]


def test_the_published_codes_words_for_a_score_are_there_by_name() -> None:
    prompt = render(Strategy.PERF_CONDITIONED_CODE, Form.PLAIN, "int x;", score=7)
    assert prompt.text == (
        "This is a slow program we want to optimize 7/10. ### Program:\nint x;\n\n"
        "### Optimized Version with score 7/10:\n"
    )


def test_targets_known_to_be_no_improvement_are_no_random_examples(tmp_path: Path) -> None:
    fine = {"problem_id": "p", "src_code": "s", "tgt_code": "t", "tests": [0]}
    unfit = [{"speedup": 0.5}, {"tgt_verdict": "wrong_answer"}, {"tgt_code": "s\n"}]
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps({**fine, **one}) + "\n" for one in [*unfit, {}]))
    pool = read_pool(path)
    assert (len(pool.pairs), pool.unfit) == (1, 3)
    path.write_text("".join(json.dumps({**fine, **one}) + "\n" for one in unfit))
    with pytest.raises(InputError, match=r"no pairs whose target is an improvement \(3 without\)"):
        read_pool(path)


def test_the_rows_own_program_is_no_example_however_it_is_laid_out() -> None:
    own = Example(f"\n{SRC.replace(' ', '  ')}\n", "leak", "own", "p7")
    assert nearest_examples(lambda _code, _problem, _k: [own, A], 4)(row()) == [A]
    with pytest.raises(InputError, match="only 1 cpp examples"):
        random_examples([(Language.CPP, own), (Language.CPP, A)], 2, seed=0)(row())


def test_too_few_examples_are_one_sentence() -> None:
    choose = random_examples([(Language.CPP, A)], 2, seed=0)
    with pytest.raises(InputError, match="only 1 cpp examples"):
        choose(row())


def test_the_nearest_example_is_next_to_the_program_and_the_rows_own_problem_is_not_shown() -> None:
    own = Example("leak", "leak", "own", "p0")
    same = Example(SRC, "leak", "same", "p7")
    choose = nearest_examples(lambda _code, _problem, _k: [own, A, same, B], 4)
    assert [one.id for one in choose(row())] == ["b", "a"]


def test_an_index_of_another_language_is_one_sentence() -> None:
    python = Example("s", "f", language=Language.PYTHON)
    with pytest.raises(InputError, match="holds pairs in python"):
        nearest_examples(lambda _code, _problem, _k: [python], 1)(row())
