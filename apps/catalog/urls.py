"""Addresses of the catalog: the shop's pages and its API."""

from django.urls import URLPattern, URLResolver, path

from apps.catalog.api import public, staff
from apps.catalog.pages import media, shop

urlpatterns: list[URLPattern | URLResolver] = [
    path("", shop.home, name="home"),
    path("shop/", shop.browse, name="shop"),
    path("shop/<slug:slug>/", shop.product, name="product"),
    path("media/products/<str:name>", media.picture, name="picture"),
    path("api/v1/products", public.ProductList.as_view(), name="api-products"),
    path("api/v1/products/<slug:slug>", public.ProductDetail.as_view(), name="api-product"),
    path("api/v1/categories", public.CategoryList.as_view(), name="api-categories"),
    path("api/v1/staff/products", staff.StaffProducts.as_view()),
    path("api/v1/staff/products/<int:product_id>", staff.StaffProduct.as_view()),
    path("api/v1/staff/products/<int:product_id>/publish", staff.PublishProduct.as_view()),
    path("api/v1/staff/products/<int:product_id>/unpublish", staff.UnpublishProduct.as_view()),
    path("api/v1/staff/products/<int:product_id>/archive", staff.ArchiveProduct.as_view()),
    path("api/v1/staff/products/<int:product_id>/variants", staff.StaffVariants.as_view()),
    path("api/v1/staff/variants/<int:variant_id>", staff.StaffVariant.as_view()),
]
