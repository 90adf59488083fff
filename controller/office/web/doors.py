"""The locks that several doors of the API share; `roles` says who may do what is behind them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from controller.office.accounts import Principal
from controller.office.office import Office
from controller.office.web.auth import Needs, the_office
from controller.office.web.roles import Action

PREFIX = "/api/v1"

TheOffice = Annotated[Office, Depends(the_office)]
Anyone = Annotated[Principal, Depends(Needs(Action.SEE_FLOOR))]
"""Everyone who is signed in."""

Reporters = Annotated[Principal, Depends(Needs(Action.REPORT_DANGER))]
OwnAccount = Annotated[Principal, Depends(Needs(Action.OWN_ACCOUNT))]
MemberReaders = Annotated[Principal, Depends(Needs(Action.READ_MEMBER))]
Wishers = Annotated[Principal, Depends(Needs(Action.SET_WISHES))]
PhoneHolders = Annotated[Principal, Depends(Needs(Action.END_PHONES))]
RightsReaders = Annotated[Principal, Depends(Needs(Action.READ_RIGHTS))]
MoneyReaders = Annotated[Principal, Depends(Needs(Action.READ_MONEY))]
Bookers = Annotated[Principal, Depends(Needs(Action.BOOK))]

CounterReaders = Annotated[Principal, Depends(Needs(Action.READ_COUNTER))]
"""Who may say what a machine's counter shows."""

LetterSenders = Annotated[Principal, Depends(Needs(Action.SEND_LETTERS))]
"""What sends letters, or who does it by hand."""

Desk = Annotated[Principal, Depends(Needs(Action.DESK))]
"""Who receives people: members, badges, machines."""

Trainers = Annotated[Principal, Depends(Needs(Action.TRAIN))]
Keepers = Annotated[Principal, Depends(Needs(Action.KEEP))]
"""Who may lock a machine out and stop a use."""

Till = Annotated[Principal, Depends(Needs(Action.TILL))]
"""Who takes money in."""

Treasurers = Annotated[Principal, Depends(Needs(Action.TREASURY))]
Readers = Annotated[Principal, Depends(Needs(Action.READ_PEOPLE))]
"""Who may read people's names."""

Watchers = Annotated[Principal, Depends(Needs(Action.WATCH))]
Owners = Annotated[Principal, Depends(Needs(Action.OWN_TOGETHER))]
Admins = Annotated[Principal, Depends(Needs(Action.ADMINISTER))]

LIMIT_MAX = 500
"""Items in one answer: a screenful many times over; the following ones are asked for with `after`."""

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
After = Annotated[str, Query(max_length=100)]
