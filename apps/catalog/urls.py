"""Addresses of the catalog: the shop's pages and its API."""

from django.urls import URLPattern, URLResolver, path

from apps.catalog.api import (
    cutouts,
    pictures,
    public,
    recipes,
    servings,
    staff,
    staff_bulk,
    staff_range,
    staff_servings,
)
from apps.catalog.pages import media, shop
from apps.catalog.pages.allergens import label, matrix
from apps.catalog.pages.preview import preview
from apps.catalog.pages.servings import how_big

urlpatterns: list[URLPattern | URLResolver] = [
    path("", shop.home, name="home"),
    path("shop/", shop.browse, name="shop"),
    path("shop/<slug:slug>/", shop.product, name="product"),
    path("shop/preview/<int:product_id>/", preview, name="product-preview"),
    path("servings/", how_big, name="servings"),
    path("kitchen/allergens/", matrix, name="allergen-matrix"),
    path("kitchen/labels/<int:variant_id>/", label, name="allergen-label"),
    path("api/v1/servings", servings.Servings.as_view(), name="api-servings"),
    path("api/v1/staff/variants/<int:variant_id>/servings", staff_servings.StaffServings.as_view()),
    path("media/products/<str:name>", media.picture, name="picture"),
    path("api/v1/products", public.ProductList.as_view(), name="api-products"),
    path("api/v1/products/facets", public.ProductFacets.as_view(), name="api-product-facets"),
    path("api/v1/products/<slug:slug>", public.ProductDetail.as_view(), name="api-product"),
    path("api/v1/categories", public.CategoryList.as_view(), name="api-categories"),
    path("api/v1/staff/products", staff.StaffProducts.as_view()),
    path("api/v1/staff/products/bulk", staff_bulk.BulkChange.as_view()),
    path("api/v1/staff/products/export", staff_range.RangeExport.as_view()),
    path("api/v1/staff/products/import", staff_range.RangeImports.as_view()),
    path("api/v1/staff/products/import/<uuid:import_id>", staff_range.CheckedImport.as_view()),
    path("api/v1/staff/products/import/<uuid:import_id>/apply", staff_range.ApplyImport.as_view()),
    path("api/v1/staff/products/<int:product_id>", staff.StaffProduct.as_view()),
    path("api/v1/staff/products/<int:product_id>/publish", staff.PublishProduct.as_view()),
    path("api/v1/staff/products/<int:product_id>/unpublish", staff.UnpublishProduct.as_view()),
    path("api/v1/staff/products/<int:product_id>/archive", staff.ArchiveProduct.as_view()),
    path("api/v1/staff/products/<int:product_id>/variants", staff.StaffVariants.as_view()),
    path("api/v1/staff/variants/<int:variant_id>/restore", staff.RestoreVariant.as_view()),
    path("api/v1/staff/variants/<int:variant_id>", staff.StaffVariant.as_view()),
    path("api/v1/staff/variants/<int:variant_id>/parts", recipes.Parts.as_view()),
    path("api/v1/staff/variants/<int:variant_id>/cost", recipes.Cost.as_view()),
    path("api/v1/staff/variants/<int:variant_id>/label", recipes.AllergenLabel.as_view()),
    path("api/v1/staff/ingredients", recipes.Ingredients.as_view()),
    path("api/v1/staff/ingredients/<int:ingredient_id>", recipes.OneIngredient.as_view()),
    path(
        "api/v1/staff/ingredients/<int:ingredient_id>/price-preview",
        recipes.PricePreview.as_view(),
    ),
    path("api/v1/staff/recipes", recipes.Recipes.as_view()),
    path("api/v1/staff/recipes/<int:recipe_id>", recipes.OneRecipe.as_view()),
    path("api/v1/staff/margins", recipes.Margins.as_view()),
    path("api/v1/staff/allergens", recipes.AllergenMatrix.as_view()),
    path("api/v1/staff/withdrawn-claims", recipes.WithdrawnClaims.as_view()),
    path("api/v1/staff/withdrawn-claims/<int:claim_id>/seen", recipes.SeenClaim.as_view()),
    path("api/v1/staff/products/<int:product_id>/pictures", pictures.ProductPictures.as_view()),
    path("api/v1/staff/products/<int:product_id>/pictures/order", pictures.PictureOrder.as_view()),
    path("api/v1/staff/pictures/<uuid:picture_id>", pictures.OnePicture.as_view()),
    path("api/v1/staff/pictures/<uuid:picture_id>/cutout", cutouts.PictureCutout.as_view()),
    path("api/v1/staff/pictures/<uuid:picture_id>/cutout/png", cutouts.CutoutPng.as_view()),
    path("api/v1/staff/pictures/<uuid:picture_id>/shown", cutouts.ShownPicture.as_view()),
    path("api/v1/staff/pictures/<uuid:picture_id>/main", pictures.MainPicture.as_view()),
    path("api/v1/staff/pictures/<uuid:picture_id>/original", pictures.PictureOriginal.as_view()),
    path("api/v1/staff/picture-uploads", pictures.PictureUploads.as_view()),
    path(
        "api/v1/staff/picture-uploads/<uuid:upload_id>/complete", pictures.CompleteUpload.as_view()
    ),
    path("api/v1/picture-uploads/<uuid:upload_id>", pictures.UploadedFile.as_view()),
]
