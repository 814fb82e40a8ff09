# The lab for a class, on CPU: docker build -t latent-lab . && docker run -p 7860:7860 -v lab:/data \
#   -e LATENT_LAB_ADDRESS=http://THIS-COMPUTER:7860 latent-lab   (the address that students open; a container does not know it)
FROM python:3.11-slim
RUN useradd --create-home lab && mkdir /data && chown lab /data
WORKDIR /lab
COPY requirements*.txt ./
# With --build-arg EXTRA=requirements-ray.txt a part of a cluster (compose.ray.yaml).
ARG EXTRA=requirements.txt
# With --build-arg TORCH_INDEX=… (the address that PyTorch's install page gives for CPU-only builds) torch comes without CUDA
# and is a tenth of the size.
ARG TORCH_INDEX=
RUN pip install --no-cache-dir ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} "$(grep '^torch==' requirements.txt)" \
    && pip install --no-cache-dir -r requirements.txt -r "$EXTRA"
COPY app.py ./
COPY lab lab
COPY assets assets
COPY presets presets
USER lab
ENV LATENT_LAB_ROOM=1 LATENT_LAB_RECORDS=/data/records PORT=7860 PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 7860
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/lab/js/widget.js', timeout=5)"]
CMD ["python", "-m", "lab", "serve"]
