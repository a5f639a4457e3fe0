"""The resources that the steps of a worker share."""

from stroem.worker.steps.resource_pool import ResourcePool


def test_steps_take_what_is_free_and_give_it_back() -> None:
    pool = ResourcePool((("license", 2000),))
    assert pool.take((("cpu", 64000), ("license", 2000)))
    assert not pool.take((("license", 1000),))
    assert pool.take((("cpu", 64000),))
    pool.give_back((("cpu", 64000), ("license", 2000)))
    assert pool.take((("license", 1000),))


def test_a_step_that_is_larger_than_the_whole_gets_all() -> None:
    pool = ResourcePool((("license", 1000),))
    assert pool.take((("license", 5000),))
    assert not pool.take((("license", 1000),))
    pool.give_back((("license", 5000),))
    assert pool.take((("license", 1000),))
