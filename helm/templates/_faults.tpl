{{/* What can't work is refused here, all of it at once, before anything reaches the cluster. What only the bridge can tell is
told by `alert-bridge migrate`, which runs before the rest. */}}
{{- define "alert-bridge.refuse" -}}
{{- $faults := list -}}
{{- $config := .Values.config -}}
{{- $type := ($config.storage).type -}}
{{- if and $type (ne $type (eq .Values.mode "sqlite" | ternary "sqlite" "mysql")) -}}
{{- $faults = append $faults (printf "config.storage.type is %s, but mode %s decides that: leave it out" $type .Values.mode) -}}
{{- end -}}
{{- if eq .Values.mode "separate" -}}
{{- if not ($config.broker).url -}}
{{- $faults = append $faults "config.broker.url is missing: mode separate needs Redis, as redis://… or as ${BROKER_URL} from a Secret; mode run does without" -}}
{{- end -}}
{{- if not .Values.workers -}}
{{- $faults = append $faults "workers is empty: somebody has to deliver" -}}
{{- end -}}
{{- if not ($config.worker).metrics_port -}}
{{- $faults = append $faults "config.worker.metrics_port is missing: Kubernetes asks a worker there whether it is alive" -}}
{{- end -}}
{{- end -}}
{{- if and (eq .Values.mode "sqlite") .Values.api.autoscaling.enabled -}}
{{- $faults = append $faults "api.autoscaling.enabled is true, but in mode sqlite there is one bridge and never a second" -}}
{{- end -}}
{{- $clear := list -}}
{{- range $path := include "alert-bridge.secret-keys" . | fromJsonArray -}}
{{- $value := $config -}}
{{- range splitList "." $path }}{{ if kindIs "map" $value }}{{ $value = index $value . }}{{ end }}{{ end -}}
{{- if include "alert-bridge.in-clear" $value }}{{ $clear = append $clear (printf "config.%s" $path) }}{{ end -}}
{{- end -}}
{{- if and ($config.broker).url (contains "@" (toString $config.broker.url)) (not (contains "${" $config.broker.url)) -}}
{{- $clear = append $clear "config.broker.url" -}}
{{- end -}}
{{- if $clear -}}
{{- $faults = append $faults (printf "%s: a secret in clear would stand in a ConfigMap; write ${NAME} there, and NAME into secrets" (join ", " $clear)) -}}
{{- end -}}
{{- if not .Values.secrets.existing -}}
{{- $given := concat (keys .Values.secrets.create) (keys .Values.secrets.from) (keys .Values.env) -}}
{{- $missing := list -}}
{{- range include "alert-bridge.variables" . | fromJsonArray -}}
{{- if not (has . $given) }}{{ $missing = append $missing . }}{{ end -}}
{{- end -}}
{{- if $missing -}}
{{- $faults = append $faults (printf "config names variables that nothing gives: %s. Name a Secret that holds them in secrets.existing, or give each in secrets.from or secrets.create, or take its key out of config with null" (join ", " $missing)) -}}
{{- end -}}
{{- end -}}
{{- if $faults -}}
{{- fail (printf "\n\nThe values cannot work:\n  - %s\n" (join "\n  - " $faults)) -}}
{{- end -}}
{{- end }}

{{/* Where secrets stand in the configuration. */}}
{{- define "alert-bridge.secret-keys" -}}
{{- list
  "storage.mysql.primary.password"
  "storage.mysql.replica.password"
  "slack.bot_token"
  "slack.signing_secret"
  "slack.socket_mode.app_token"
  "pagerduty.routing_key"
  "pagerduty.api_token"
  "pagerduty.webhook_secret"
  "alertmanager.api_bearer_token"
  "alertmanager.api_basic_auth.password"
  "alertmanager.webhook_secret"
  "alertmanager.bearer_token"
  "alertmanager.basic_auth.password"
  "api.tokens"
  | toJson -}}
{{- end }}

{{/* Something if any text in it names no variable: secrets may be lists, or have names. */}}
{{- define "alert-bridge.in-clear" -}}
{{- if kindIs "map" . -}}
{{- range $name, $value := . }}{{ if not (hasSuffix "_file" $name) }}{{ include "alert-bridge.in-clear" $value }}{{ end }}{{ end -}}
{{- else if kindIs "slice" . -}}
{{- range . }}{{ include "alert-bridge.in-clear" . }}{{ end -}}
{{- else if and . (not (contains "${" (toString .))) -}}
yes
{{- end -}}
{{- end }}
