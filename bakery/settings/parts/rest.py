"""The JSON API: strict parsing, deny by default, one error envelope, OpenAPI."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.api.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["bakery.edge.access.Nobody"],
    "DEFAULT_PARSER_CLASSES": ["bakery.edge.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "bakery.edge.pagination.KeysetPagination",
    "DEFAULT_THROTTLE_CLASSES": ["bakery.edge.throttling.PublicThrottle"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "bakery.edge.errors.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Bakery platform API",
    "DESCRIPTION": "Shop, checkout, payment and staff endpoints of the bakery platform.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["bakery.edge.access.Anyone"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    # Drawing everything at once takes a browser half a minute: sections open when asked for.
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "docExpansion": "none",
        "defaultModelsExpandDepth": -1,
        "filter": True,
    },
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    # One name for each set of choices, whatever the fields are called that use it.
    "ENUM_NAME_OVERRIDES": {
        "AllergenEnum": "apps.catalog.rules.food_facts.ALLERGENS.items",
        "AllergenAtomEnum": "apps.catalog.rules.allergen_lists.CODES.items",
        "DietEnum": "apps.catalog.rules.food_facts.DIETS.items",
        "IngredientKindEnum": "apps.catalog.states.IngredientKind",
        "ProductKindEnum": "apps.catalog.states.ProductKind",
        "UnitEnum": "apps.catalog.states.Unit",
        "PromotionKindEnum": "apps.loyalty.states.PromotionKind",
        "PointsKindEnum": "apps.loyalty.states.PointsKind",
        "GiftCardStateEnum": "apps.loyalty.states.CardState",
        "OrderStatusEnum": "apps.orders.states.OrderStatus",
        "ZoneKindEnum": "apps.orders.states.ZoneKind",
        "WaitStateEnum": "apps.orders.states.WaitState",
        "ProductStatusEnum": "apps.catalog.states.ProductStatus",
        "TillKindEnum": "apps.inventory.states.TillKind",
        "DocumentKindEnum": "apps.receipts.states.DocumentKind",
    },
}
