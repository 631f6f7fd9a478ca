# Rawi with its model and its index inside: `docker build -t rawi .`, then see compose.yaml.

FROM python:3.11-slim-bookworm AS build

# Where pip finds PyTorch without CUDA, if the default index offers only the large builds:
# docker build --build-arg PIP_EXTRA_INDEX_URL=… (the CPU index that PyTorch's installation page names).
ARG PIP_EXTRA_INDEX_URL=""
# Extras of Rawi to install too, separated by spaces: milvus plots.
ARG EXTRAS=""
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    RAWI_ARTICLES_DIR=/srv/rawi/articles \
    RAWI_DATA_DIR=/srv/rawi/data

WORKDIR /src
RUN python -m venv /opt/rawi

# The dependencies are a layer of their own: a change of Rawi's code does not install them again.
COPY pyproject.toml ./
RUN python -c "import os, tomllib; project = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
wanted = [project['optional-dependencies'][extra] for extra in os.environ['EXTRAS'].split()]; \
print(*project['dependencies'], *sum(wanted, []), sep='\n')" > requirements.txt \
    && /opt/rawi/bin/pip install --requirement requirements.txt

COPY README.md LICENSE ./
COPY knowledge ./knowledge
COPY index ./index
COPY bot ./bot
RUN /opt/rawi/bin/pip install --no-deps .

# The model and the index are built here, so that the container answers at once and fetches nothing.
RUN mkdir -p /srv/rawi \
    && cp -r knowledge/articles /srv/rawi/articles \
    && /opt/rawi/bin/rawi reindex


FROM python:3.11-slim-bookworm

RUN useradd --system --uid 10001 --no-create-home --home-dir /srv/rawi --shell /usr/sbin/nologin rawi

COPY --from=build /opt/rawi /opt/rawi
# A new volume takes over what is here, its owner included.
COPY --from=build --chown=rawi:rawi /srv/rawi /srv/rawi

ENV PATH=/opt/rawi/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    RAWI_ARTICLES_DIR=/srv/rawi/articles \
    RAWI_DATA_DIR=/srv/rawi/data

WORKDIR /srv/rawi
USER 10001
STOPSIGNAL SIGTERM
CMD ["rawi", "serve"]
