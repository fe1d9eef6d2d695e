{{/* The bridge's configuration: `config` of the values, with what the mode decides. Blocks that are off lose their keys, and
with them their variables. */}}
{{- define "alert-bridge.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- range $name := list "slack" "pagerduty" -}}
{{- $block := index $config $name | default dict -}}
{{- if and (hasKey $block "enabled") (ne (toString $block.enabled) "true") -}}
{{- $_ := set $config $name (dict "enabled" false) -}}
{{- end -}}
{{- end -}}
{{- if eq .Values.mode "sqlite" -}}
{{- $_ := set $config "storage" (dict "type" "sqlite" "sqlite" (dict "path" "/data/alert-bridge.db")) -}}
{{- else -}}
{{- $_ := set $config "storage" (dict "type" "mysql" "mysql" ($config.storage).mysql) -}}
{{- end -}}
{{- if ne .Values.mode "separate" -}}
{{- $_ := unset $config "broker" -}}
{{- if $config.worker }}{{ $_ := unset $config.worker "metrics_port" }}{{ end -}}
{{- end -}}
{{- toYaml $config -}}
{{- end }}

{{/* The ${VARIABLES} that it names, as JSON; `$$` is a dollar and no variable. */}}
{{- define "alert-bridge.variables" -}}
{{- $found := list -}}
{{- range regexFindAll "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}" (include "alert-bridge.config" . | replace "$$" "") -1 -}}
{{- $found = append $found (trimSuffix "}" (trimPrefix "${" .)) -}}
{{- end -}}
{{- $found | uniq | sortAlpha | toJson -}}
{{- end }}

{{/* Seconds of a duration such as 1m30s, rounded up. */}}
{{- define "alert-bridge.seconds" -}}
{{- $milliseconds := 0 -}}
{{- range regexFindAll "[0-9]+(ms|h|m|s)" (toString .) -1 -}}
{{- $unit := get (dict "h" 3600000 "m" 60000 "s" 1000 "ms" 1) (regexFind "[a-z]+" .) -}}
{{- $milliseconds = add $milliseconds (mul (regexFind "[0-9]+" .) $unit) -}}
{{- end -}}
{{- div (add $milliseconds 999) 1000 -}}
{{- end }}

{{/* How long a pod may take to end: the wait before SIGTERM, the bridge's own patience, and some air. */}}
{{- define "alert-bridge.grace" -}}
{{- $patience := include "alert-bridge.seconds" ((.Values.config.server).shutdown_timeout | default "30s") -}}
{{- add (int $patience) .Values.api.drainSeconds 15 -}}
{{- end }}

{{/* Where pods read it, and where its variables come from. `created` is the name of the Secret that the chart makes. */}}
{{- define "alert-bridge.environment" -}}
env:
  - name: CONFIG_PATH
    value: /etc/alert-bridge/config.yaml
{{- range $name, $value := .root.Values.env }}
  - name: {{ $name }}
    value: {{ $value | quote }}
{{- end }}
{{- range $name, $key := .root.Values.secrets.from }}
  - name: {{ $name }}
    valueFrom:
      secretKeyRef:
        name: {{ $key.name }}
        key: {{ $key.key }}
{{- end }}
{{- if or .root.Values.secrets.existing .root.Values.secrets.create }}
envFrom:
{{- range .root.Values.secrets.existing }}
  - secretRef:
      name: {{ . }}
{{- end }}
{{- if .root.Values.secrets.create }}
  - secretRef:
      name: {{ .created }}
{{- end }}
{{- end }}
{{- end }}
