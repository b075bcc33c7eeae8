<?php
// At build: one call of Zabbix's own API, on pages served for the moment.

function api(string $method, array $params): mixed
{
    static $token = null;
    $call = ['jsonrpc' => '2.0', 'id' => 1, 'method' => $method, 'params' => $params, 'auth' => $token];
    $answer = json_decode(file_get_contents('http://127.0.0.1:8080/api_jsonrpc.php', false,
        stream_context_create(['http' => [
            'method' => 'POST',
            'header' => 'Content-Type: application/json-rpc',
            'content' => json_encode($call),
        ]])), true);
    if (!isset($answer['result'])) {
        throw new RuntimeException("$method: " . json_encode($answer));
    }
    if ($method === 'user.login') {
        $token = $answer['result'];
    }
    return $answer['result'];
}
