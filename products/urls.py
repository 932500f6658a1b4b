from django.urls import path

from products.views import catalogue, orders, services

urlpatterns = [
    path("products/", catalogue.ProductList.as_view(), name="product-list"),
    path("products/<int:pk>/", catalogue.ProductCard.as_view(), name="product-detail"),
    path("products/<int:pk>/edit/", catalogue.ProductEdit.as_view(), name="product-edit"),
    path("products/<int:pk>/prices/new/", catalogue.PriceNew.as_view(), name="price-new"),
    path("orders/", orders.OrderList.as_view(), name="order-list"),
    path("orders/new/", orders.OrderNew.as_view(), name="order-new"),
    path("orders/new/clients/", orders.OrderClients.as_view(), name="order-clients"),
    path("orders/new/line/", orders.OrderLineNew.as_view(), name="order-line"),
    path("orders/new/summary/", orders.OrderSummary.as_view(), name="order-summary"),
    path("orders/<int:pk>/", orders.OrderCard.as_view(), name="order-detail"),
    path("orders/<int:pk>/cancel/", orders.OrderCancel.as_view(), name="order-cancel"),
    path("orders/<int:pk>/refuse/", orders.OrderRefuse.as_view(), name="order-refuse"),
    path("orders/<int:pk>/fraud/", orders.OrderFraud.as_view(), name="order-fraud"),
    path("orders/<int:pk>/reopen/", orders.OrderReopen.as_view(), name="order-reopen"),
    path("services/", services.ServiceList.as_view(), name="service-list"),
    path("services/<int:pk>/", services.ServiceCard.as_view(), name="service-detail"),
    path("clients/<int:pk>/services/", services.ClientServices.as_view(), name="client-services"),
    path("clients/<int:pk>/orders/", orders.ClientOrders.as_view(), name="client-orders"),
]
