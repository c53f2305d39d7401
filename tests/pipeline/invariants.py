"""What must hold after every story, one settling time after the last execution has ended."""

from tests.pipeline.story import FUNCTION, Story

_FINAL = {"promoted", "rolled_back", "rollback_failed", "refused", "failed"}


def check(story: Story) -> None:
    """Assert the invariants."""
    for execution in story.executions:
        story.sandbox.run(execution)
    story.after(minutes=5)
    shares = story.sandbox.alias(FUNCTION)
    releases = [each for each in story.items() if each["sk"] == "release"]
    over = [each for each in releases if each["outcome"] in _FINAL]

    if shares != story.alias_before:
        assert len(shares) == 1, f"the alias is split: {shares}"
    promoted = {each["newVersion"] for each in releases if each["outcome"] == "promoted"}
    allowed = promoted | set(story.alias_before)
    assert set(shares) <= allowed, f"the alias serves {shares}, allowed are {allowed}"

    running = {each["executionArn"] for each in releases if each["outcome"] == "in_progress"}
    for held in story.locks():
        assert held["executionArn"] in running, f"a lock outlived its release: {held}"
        assert not story.sandbox.is_over(held["executionArn"]), f"the holder is dead: {held}"

    ids = [each["MessageAttributes"]["id"]["Value"] for each in story.notifications()]
    assert len(ids) == len(set(ids)), f"a notification was sent twice: {ids}"
    for each in over:
        assert any(i.startswith(f"{each['release']}/") for i in ids), f"never told: {each}"
