{{/* What everything is called; short enough for what is put behind it. */}}
{{- define "alert-bridge.name" -}}
{{- $name := printf "%s-%s" .Release.Name .Chart.Name -}}
{{- if contains .Chart.Name .Release.Name }}{{ $name = .Release.Name }}{{ end -}}
{{- .Values.fullnameOverride | default $name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/* One of them: `root` and the `component`. A Service or a disruption budget finds its pods by these. */}}
{{- define "alert-bridge.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "alert-bridge.labels" -}}
{{ include "alert-bridge.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* The component that listens: the receiver alone, or the whole bridge; named after its command. */}}
{{- define "alert-bridge.front" -}}
{{ eq .Values.mode "separate" | ternary "api" "run" }}
{{- end }}

{{- define "alert-bridge.account" -}}
{{- $own := .Values.serviceAccount.create | ternary (include "alert-bridge.name" .) "default" -}}
{{- .Values.serviceAccount.name | default $own -}}
{{- end }}

{{- define "alert-bridge.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest }}{{ printf "%s@%s" $image.repository $image.digest }}
{{- else }}{{ printf "%s:%s" $image.repository ($image.tag | default .Chart.AppVersion) }}{{ end -}}
{{- end }}
