"""REST over one workbench: sessions, questions, artifacts, health. It acts for the local user and has no login yet."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from dataops_kernel.api.errors import status_of
from dataops_kernel.errors import DataOpsError, NotFoundError, UsageError
from dataops_kernel.types import Answer, Artifact, Event, Frozen, Session

if TYPE_CHECKING:
    from fastapi import FastAPI

    from dataops_kernel.workbench import Workbench


class QueryRequest(Frozen):
    """One message to a session."""

    text: str = Field(examples=["total amount by region, top 5"])


class RunAccepted(Frozen):
    """A run that was accepted; follow it by its events."""

    run_id: str
    session_id: str


def create_app(workbench: "Workbench | None" = None) -> "FastAPI":
    """Return the application over ``workbench``, or over the default workspace."""
    from fastapi import FastAPI, Query, Request
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import JSONResponse

    from dataops_kernel.wiring import connect

    wb = workbench or connect()
    app = FastAPI(title="DataOps workbench", version="1")

    @app.exception_handler(DataOpsError)
    def complain(_: Request, err: DataOpsError) -> JSONResponse:
        return JSONResponse({"error": err.to_dict()}, status_of(err))

    @app.exception_handler(RequestValidationError)
    def refuse(_: Request, err: RequestValidationError) -> JSONResponse:
        first = err.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        wrong = UsageError(f"{where}: {first['msg']}.", hint="/docs shows what each route takes.")
        return JSONResponse({"error": wrong.to_dict()}, status_of(wrong))

    @app.exception_handler(404)
    def miss(request: Request, _: Exception) -> JSONResponse:
        missing = NotFoundError(f"There is no {request.url.path[:80]!r} here.", hint="/docs lists the routes.")
        return JSONResponse({"error": missing.to_dict()}, status_of(missing))

    @app.get("/health")
    def health() -> dict[str, Any]:
        return wb.health()

    @app.post("/sessions", status_code=201)
    def create_session(title: str = "") -> Session:
        return wb.sessions.create_session(title=title)

    @app.get("/sessions")
    def list_sessions(limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> list[Session]:
        return wb.sessions.list_sessions(limit=limit)

    @app.get("/sessions/{session_id}")
    def get_session(session_id: str, history: Annotated[int, Query(ge=0, le=100_000)] = 50) -> Session:
        return wb.sessions.get_session(session_id, history=history)

    @app.post("/sessions/{session_id}/query", status_code=202)
    def ask(session_id: str, query: QueryRequest) -> RunAccepted:
        return RunAccepted(run_id=wb.ask(session_id, query.text).run_id, session_id=session_id)

    @app.get("/runs/{run_id}/events")
    def events(run_id: str, after: Annotated[int, Query(ge=0)] = 0) -> list[Event]:
        return list(wb.runs.attach(run_id).events(after))

    @app.get("/runs/{run_id}/result")
    def result(run_id: str) -> Answer:
        return wb.runs.attach(run_id).result()

    @app.get("/sessions/{session_id}/artifacts")
    def list_artifacts(session_id: str, limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> list[Artifact]:
        return wb.artifacts.list_artifacts(session_id, limit=limit)

    @app.get("/artifacts/{artifact_id}")
    def get_artifact(artifact_id: str) -> Artifact:
        return wb.artifacts.describe(artifact_id)

    return app
