from products.models.catalogue import (
    MONTHS,
    Companion,
    Cycle,
    Option,
    OptionChoice,
    Price,
    Product,
    ProductGroup,
)
from products.models.domains import Domain
from products.models.endpoints import ModuleEndpoint
from products.models.modules import ModuleCall
from products.models.orders import Order, OrderLine, OwnedQuerySet, WantedLine
from products.models.planning import PlannedChange
from products.models.promotions import Promotion, PromotionUse
from products.models.quotes import BillableItem, Quote, QuoteLine
from products.models.services import LIVE, Batch, Handover, Server, Service

__all__ = [
    "LIVE",
    "MONTHS",
    "Batch",
    "BillableItem",
    "Companion",
    "Cycle",
    "Domain",
    "Handover",
    "ModuleCall",
    "ModuleEndpoint",
    "Option",
    "OptionChoice",
    "Order",
    "OrderLine",
    "OwnedQuerySet",
    "PlannedChange",
    "Price",
    "Product",
    "ProductGroup",
    "Promotion",
    "PromotionUse",
    "Quote",
    "QuoteLine",
    "Server",
    "Service",
    "WantedLine",
]
