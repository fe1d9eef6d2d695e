{{/* What a pod of ours may do, which is little. Takes `root`, the `component`, its `container`, and `created`. */}}
{{- define "alert-bridge.pod" -}}
{{- $values := .root.Values -}}
automountServiceAccountToken: false
enableServiceLinks: false
serviceAccountName: {{ .account | default (include "alert-bridge.account" .root) }}
{{- with $values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  {{- with $values.user }}
  runAsUser: {{ . }}
  runAsGroup: {{ . }}
  fsGroup: {{ . }}
  fsGroupChangePolicy: OnRootMismatch
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
volumes:
  - name: config
    configMap:
      name: {{ .created }}
  # All that is written outside of the database: counters of `run`, and its embedded broker.
  - name: tmp
    emptyDir:
      sizeLimit: 256Mi
  {{- with $values.volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
containers:
  - name: {{ .component }}
    image: {{ include "alert-bridge.image" .root }}
    imagePullPolicy: {{ $values.image.pullPolicy }}
    command: [alert-bridge]
    {{- include "alert-bridge.environment" . | nindent 4 }}
    {{- toYaml .container | nindent 4 }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop: [ALL]
    volumeMounts:
      - name: config
        mountPath: /etc/alert-bridge
        readOnly: true
      - name: tmp
        mountPath: /tmp
      {{- if .data }}
      - name: data
        mountPath: /data
      {{- end }}
      {{- with $values.volumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
{{- end }}

{{/* A change of the configuration is a change of the pod: it is read once, at the start. */}}
{{- define "alert-bridge.pod-metadata" -}}
labels:
  {{- include "alert-bridge.labels" . | nindent 2 }}
  {{- with .root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  checksum/config: {{ include "alert-bridge.config" .root | sha256sum }}
  checksum/secrets: {{ .root.Values.secrets.create | toJson | sha256sum }}
  {{- with .root.Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Not all on one host or in one zone, where there are others; during a rollout the new ones count by themselves. */}}
{{- define "alert-bridge.spread" -}}
topologySpreadConstraints:
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - topologyKey: {{ $key }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "alert-bridge.selector" $ | nindent 8 }}
{{- end }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "alert-bridge.selector" . | nindent 14 }}
{{- end }}

{{/* The container that listens: `api`, or `run`, which has a worker beside it. */}}
{{- define "alert-bridge.front-container" -}}
args: [{{ include "alert-bridge.front" . }}]
ports:
  - name: http
    containerPort: {{ .Values.config.server.port }}
# The tables are brought up to date before it listens, and a database that is not there yet is waited for.
startupProbe:
  httpGet: {path: /health, port: http}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /health, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  httpGet: {path: /ready, port: http}
  periodSeconds: 5
  timeoutSeconds: 5
lifecycle:
  # Requests come in until every proxy has heard that this pod is going.
  preStop:
    sleep:
      seconds: {{ .Values.api.drainSeconds }}
resources: {{- toYaml .Values.api.resources | nindent 2 }}
{{- end }}
