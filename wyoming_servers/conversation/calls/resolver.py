"""A model's call, against this home and the user's words: the call as Home Assistant can execute it, or a question.

Pure logic, and no model. A call that already reaches what the sentence speaks of is returned as it is; so is one that
nothing helps, and Home Assistant then says why. The rules are few and in a fixed order: what a slot says, what the
call does, whom it reaches, and at last whether to ask.
"""

from __future__ import annotations

from . import aim, meaning
from .call import Call, Question, Resolution, Situation
from .doubt import DOUBTS


def resolve(call: Call, situation: Situation) -> Resolution:
    """Return the call as it can be executed, or one short question. Never raises, whatever the arguments are."""
    call = meaning.drop_blanks(call, situation)
    if not call.has_targets or not situation.home.entities:
        return call
    for rule in meaning.RULES:
        call = rule(call, situation)
    for aim_rule in aim.RULES:
        resolution = aim_rule(call, situation)
        if isinstance(resolution, Question):
            return resolution
        call = resolution
    call = meaning.use_the_counterpart(call, situation)  # the name may only now be one of this home
    return next((question for doubt in DOUBTS if (question := doubt(call, situation))), call)
