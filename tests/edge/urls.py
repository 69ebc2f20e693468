"""Small views behind the whole middleware stack, one for each thing that the edge promises."""

from django.contrib import admin
from django.http import HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.response import Response
from rest_framework.views import APIView

from bakery.edge import access, health, pages
from bakery.edge.idempotent import idempotent
from bakery.edge.throttling import require
from bakery.kernel import clock, errors, outbox
from tests.kernel.relaying import Counted, note

BUGS = {
    "invalid": errors.Invalid("bad_thing", "No.", details={"field": "x"}),
    "refused": errors.Refused("not_you", "No."),
    "not_found": errors.NotFound("thing_not_found", "No."),
    "conflict": errors.Conflict("moved_on", "No."),
    "unavailable": errors.Unavailable("down", "No.", details={"retry_after": 7}),
    "bug": ZeroDivisionError("the customer is anna.canary@example.com"),
}


class Ping(APIView):
    permission_classes = [access.Anyone]

    def get(self, request):
        return Response({"pong": True})


class Echo(APIView):
    permission_classes = [access.Anyone]

    def post(self, request):
        return Response(request.data)


class Forgotten(APIView):
    """A view whose author forgot the rule."""

    def get(self, request):
        return Response({"secret": True})


class ForMembers(APIView):
    permission_classes = [access.SignedIn]

    def get(self, request):
        return Response({"member": True})


class ForManagers(APIView):
    permission_classes = [access.Staff("orders.cancel_order")]

    def get(self, request):
        return Response({"manager": True})


class Failing(APIView):
    permission_classes = [access.Anyone]

    def get(self, request, what):
        raise BUGS[what]


class Charge(APIView):
    permission_classes = [access.Anyone]

    @idempotent
    def post(self, request):
        if request.data.get("refuse"):
            raise errors.Conflict("moved_on", "No.")
        note("charge")
        return Response({"amount": request.data.get("amount")}, status=201)


class Guess(APIView):
    permission_classes = [access.Anyone]

    def post(self, request):
        require("login_pair", "anna")
        return Response({})


class Announce(APIView):
    permission_classes = [access.Anyone]

    def post(self, request):
        from django.db import transaction

        with transaction.atomic():
            outbox.emit(Counted(number=1), key="1", at=clock.now())
        return Response({}, status=201)


class Search(APIView):
    permission_classes = [access.Anyone]

    def get(self, request):
        from bakery.kernel.models import Heartbeat

        return Response({"found": Heartbeat.objects.filter(name=request.GET["name"]).count()})


@access.page(access.ANYONE)
def open_page(request):
    return HttpResponse("open")


@access.page(access.ANYONE)
def failing_page(request, what):
    raise BUGS[what]


@access.page(access.SIGNED_IN)
def members_page(request):
    return HttpResponse("members")


@access.page(access.staff("orders.cancel_order"))
def managers_page(request):
    return HttpResponse("managers")


def forgotten_page(request):
    return HttpResponse("secret")


@access.page(access.ANYONE)
@csrf_exempt
def form_page(request):
    from bakery.kernel.models import Heartbeat

    return HttpResponse(Heartbeat.objects.filter(name=request.POST.get("name", "")).count())


urlpatterns = [
    path("api/v1/ping", Ping.as_view()),
    path("api/v1/echo", Echo.as_view()),
    path("api/v1/forgotten", Forgotten.as_view()),
    path("api/v1/members", ForMembers.as_view()),
    path("api/v1/managers", ForManagers.as_view()),
    path("api/v1/failing/<str:what>", Failing.as_view()),
    path("api/v1/charge", Charge.as_view()),
    path("api/v1/guess", Guess.as_view()),
    path("api/v1/announce", Announce.as_view()),
    path("api/v1/search", Search.as_view()),
    path("page/open", open_page),
    path("page/members", members_page),
    path("page/managers", managers_page),
    path("page/forgotten", forgotten_page),
    path("page/form", form_page),
    path("page/failing/<str:what>", failing_page),
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("csp-report/", pages.csp_report),
    path("", include("apps.accounts.urls")),
    path("console/", admin.site.urls),
]
handler400 = "bakery.edge.pages.bad_request"
handler403 = "bakery.edge.pages.forbidden"
handler404 = "bakery.edge.pages.not_found"
handler500 = "bakery.edge.pages.server_error"
