from products.models.catalogue import MONTHS, Cycle, Option, Price, Product, ProductGroup
from products.models.orders import Order, OrderLine, OwnedQuerySet
from products.models.services import LIVE, Batch, Handover, Service

__all__ = [
    "LIVE",
    "MONTHS",
    "Batch",
    "Cycle",
    "Handover",
    "Option",
    "Order",
    "OrderLine",
    "OwnedQuerySet",
    "Price",
    "Product",
    "ProductGroup",
    "Service",
]
