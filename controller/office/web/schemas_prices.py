"""What the API takes for a price, as it stands in the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from controller.domain.components import OFFERS_LIMIT
from controller.office.web.schemas import Taken


class PriceIn(Taken):
    """A price, VAT included: an exact fraction of cents per minute and a minimum, for all time or running time; or
    `offers` of components, which then say everything (docs/reference/prices.md).
    """

    per_minute_num: int = 0
    per_minute_den: int = 1
    minimum_cents: int = 0
    measured: Literal["badge_on", "running"] = "badge_on"
    offers: Annotated[list[dict[str, Any]], Field(max_length=OFFERS_LIMIT)] | None = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        given = self.model_fields_set
        if (self.offers is None and "per_minute_num" in given) or (self.offers is not None and given == {"offers"}):
            return self
        raise ValueError("give per_minute_num, or offers and nothing beside them")
