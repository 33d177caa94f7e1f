"""The parts that have takes drawn by services, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.hosted.alarm import BudgetAlarm
from bot.hosted.consent import Consents
from bot.hosted.hosting import Hosting, providers_of
from bot.hosted.receiver import Receiver
from bot.supervisor import Loop
from db.purchases import Purchases
from engine.elsewhere.comfyui.workflow import Workflow
from engine.elsewhere.hosted.limits import HostedPolicy, WireLimits
from engine.elsewhere.hosted.takes import HostedTakes
from engine.elsewhere.sanitizing import MakesAnew


@dataclass(frozen=True, kw_only=True)
class HostedService:
    """All of it.

    Attributes:
        hosting: what may be made at a service, for whom.
        takes: has takes drawn.
        receiver: hears the services' messages.
        consents: takes down what members say.
        settling: the loop that ends there what no job needs.
        alarm: tells moderators that most of the money is spent.
    """

    hosting: Hosting
    takes: HostedTakes
    receiver: Receiver
    consents: Consents
    settling: Loop
    alarm: BudgetAlarm

    @property
    def loops(self) -> tuple[Loop, ...]:
        """Its loops, for the supervisor."""
        return self.settling, self.alarm.loop


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """What has takes drawn.

    Attributes:
        hosting: what may be made at a service, for whom.
        takes: has takes drawn.
        receiver: hears the services' messages.
    """

    hosting: Hosting
    takes: HostedTakes
    receiver: Receiver


def accounts_of(
    hosting: Hosting,
    purchases: Purchases,
    *,
    policy: HostedPolicy,
    limits: WireLimits,
    workflow: Callable[[str], Workflow | None],
    makes_anew: MakesAnew,
    clock: Callable[[], float],
) -> Accounts:
    """What has takes drawn, and what hears that they are done.

    Args:
        hosting: the owner's accounts.
        purchases: the ledger.
        policy: what may be bought.
        limits: what is sent and taken.
        workflow: finds a workflow by its name, for RunPod.
        makes_anew: makes a stranger's clip anew.
        clock: returns Unix seconds.
    """
    takes: HostedTakes

    def wake(purchase: str) -> None:
        takes.wake(purchase)

    receiver = Receiver(hosting.policy, limits, wake=wake, clock=clock)
    takes = HostedTakes(
        slugs=hosting.slugs,
        providers=providers_of(hosting.policy, limits, longest=policy.longest, workflow=workflow),
        ledger=purchases,
        policy=policy,
        makes_anew=makes_anew,
        webhook=receiver.address,
        clock=clock,
    )
    return Accounts(hosting=hosting, takes=takes, receiver=receiver)
