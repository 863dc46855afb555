"""The order in which jobs wait."""

from hypothesis import given
from hypothesis import strategies as st

from engine.service.waiting import FairQueue, Job


def job(client, name="", *, device="auto", size=1):
    return Job(client.encode(), name, device, [], size)


def queue_of(*names):
    """A queue of jobs such as `a1`, the first letter being the client's."""
    queue = FairQueue()
    for name in names:
        queue.put(job(name[0], name))
    return queue


def names(jobs):
    return [job.name for job in jobs]


def anything(_):
    return True


def taken(queue, fits=anything):
    """Take jobs until there are none left that fit."""
    return names(iter(lambda: queue.take(fits), None))


# Turns.


def test_jobs_of_one_client_run_in_the_order_in_which_they_came():
    assert taken(queue_of("a1", "a2", "a3")) == ["a1", "a2", "a3"]


def test_clients_take_turns():
    assert taken(queue_of("a1", "a2", "a3", "b1", "b2", "c1")) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_a_client_that_hands_in_more_meanwhile_still_waits_for_its_turn():
    queue = queue_of("a1", "b1", "b2")
    assert queue.take(anything).name == "a1"
    queue.put(job("a", "a2"))
    assert taken(queue) == ["b1", "a2", "b2"]


def test_a_client_whose_only_job_runs_has_had_its_turn():
    queue = queue_of("a1")
    assert queue.take(anything).name == "a1"
    for name in ("a2", "a3", "b1"):
        queue.put(job(name[0], name))
    assert taken(queue) == ["b1", "a2", "a3"]


def test_newcomers_do_not_hold_up_a_client_again_and_again():
    queue = queue_of("a1")
    assert queue.take(anything).name == "a1"
    for name in ("a2", "b1"):
        queue.put(job(name[0], name))
    assert queue.take(anything).name == "b1"
    queue.put(job("c", "c1"))
    assert taken(queue) == ["a2", "c1"]


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("abcd"), st.sampled_from(["cpu", "cuda"])),
        st.tuples(st.just("take"), st.sampled_from(["cpu", "cuda", "any"])),
        st.tuples(st.just("remove"), st.integers(0, 20)),
    ),
    max_size=40,
)


def after(operations):
    """A queue with a past."""
    queue = FairQueue()
    for number, (kind, *rest) in enumerate(operations):
        if kind == "put":
            queue.put(job(rest[0], f"{rest[0]}{number}", device=rest[1]))
        elif kind == "take":
            queue.take(lambda job, device=rest[0]: device in {"any", job.device})
        elif len(queue):
            queue.remove(list(queue)[rest[0] % len(queue)])
    return queue


@given(OPERATIONS)
def test_the_order_in_which_jobs_are_listed_is_the_order_in_which_they_are_taken(operations):
    queue = after(operations)
    listed = names(queue)
    assert taken(queue) == listed


@given(OPERATIONS)
def test_nobody_has_a_second_turn_before_everybody_who_waits_has_had_the_first(operations):
    turns, rounds = {}, []
    for found in after(operations):
        turns[found.client] = turns.get(found.client, 0) + 1
        rounds.append(turns[found.client])
    assert rounds == sorted(rounds)


@given(OPERATIONS)
def test_a_client_finds_its_own_jobs_in_the_order_in_which_it_handed_them_in(operations):
    queue = after(operations)
    for client in (b"a", b"b", b"c", b"d"):
        assert queue.of(client) == [found for found in queue if found.client == client]
        numbers = [int(found.name[1:]) for found in queue.of(client)]
        assert numbers == sorted(numbers)


# Taking what fits.


def test_the_first_job_that_fits_is_taken_and_the_others_keep_their_order():
    queue = FairQueue()
    for name, device in (("a1", "cuda"), ("a2", "cpu"), ("b1", "cuda"), ("b2", "cpu")):
        queue.put(job(name[0], name, device=device))
    assert queue.take(lambda job: job.device == "cpu").name == "a2"
    assert names(queue) == ["b1", "a1", "b2"]


def test_where_nothing_fits_nothing_changes():
    queue = queue_of("a1", "a2", "b1")
    assert queue.take(lambda _: False) is None
    assert taken(queue) == ["a1", "b1", "a2"]


def test_an_empty_queue_has_nothing_to_take():
    assert FairQueue().take(anything) is None


# Taking out, and counting.


def test_a_job_that_is_removed_does_not_run():
    queue = queue_of("a1", "a2", "b1")
    queue.remove(queue.of(b"a")[0])
    assert taken(queue) == ["a2", "b1"]


def test_a_client_without_jobs_has_no_turn():
    queue = queue_of("a1", "b1")
    queue.remove(queue.of(b"a")[0])
    assert (queue.of(b"a"), taken(queue)) == ([], ["b1"])


def test_jobs_and_their_bytes_are_counted():
    queue = FairQueue()
    assert (len(queue), queue.size) == (0, 0)
    for client, size in (("a", 10), ("a", 200), ("b", 3000)):
        queue.put(job(client, size=size))
    assert (len(queue), queue.size) == (3, 3210)
    queue.take(anything)
    assert (len(queue), queue.size) == (2, 3200)
    queue.remove(queue.of(b"b")[0])
    assert (len(queue), queue.size) == (1, 200)
