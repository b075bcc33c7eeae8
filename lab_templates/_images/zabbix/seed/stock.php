<?php
// At build, the same for every lab: settings, accounts, templates.
require __DIR__ . '/api.php';

// Of the 334 templates that come with Zabbix, those of things met in a school's lab: a snapshot
// holds the tables whole, and the rest would double them.
const KEPT = '/^(Linux|Windows|Zabbix (agent|server)|[A-Z]+ Service$|ICMP|HOST-RESOURCES|EtherLike'
    . '|Generic by|Interfaces|Network Generic|Cisco (ASAv|IOS by|CISCO-\S+ by|Inventory)|Juniper'
    . '|HP (Enterprise|Comware)|D-Link DES_|Netgear|TP-LINK|Ubiquiti|Mikrotik|OPNsense|PFSense'
    . '|APC UPS by|Apache by|Nginx by|PHP-FPM|HAProxy|Squid|Docker|Systemd|Website|Proxmox'
    . '|MySQL by|PostgreSQL by)/';

// Service checks: what a person calls the service, and the item that knocks at it.
const SERVICES = [
    'ftp' => ['FTP', 'net.tcp.service[ftp]'],
    'http' => ['web', 'net.tcp.service[http]'],
    'https' => ['web chiffré', 'net.tcp.service[tcp,,443]'],
    'ldap' => ['annuaire LDAP', 'net.tcp.service[ldap]'],
    'mysql' => ['MariaDB', 'net.tcp.service[tcp,,3306]'],
    'postgresql' => ['PostgreSQL', 'net.tcp.service[tcp,,5432]'],
    'smtp' => ['messagerie SMTP', 'net.tcp.service[smtp]'],
    'ssh' => ['SSH', 'net.tcp.service[ssh]'],
];

// What the agent is asked: name, key, seconds between two, value type (0 float, 1 text,
// 3 integer), unit. Only what is the node's own: load and memory in /proc are the machine's.
const AGENT_ITEMS = [
    ['Agent joignable', 'agent.ping', 5, 3, ''],
    ['Nombre de processus', 'proc.num[]', 30, 3, ''],
    ['Mémoire des processus', 'proc.mem[,,,,rss]', 30, 3, 'B'],
    ['Utilisateurs connectés', 'system.users.num', 30, 3, ''],
    ['Occupation du disque', 'vfs.fs.size[/,pused]', 60, 0, '%'],
    ['Système', 'system.uname', 600, 1, ''],
    ['Réseau : octets reçus', 'net.if.in[eth0]', 30, 3, 'Bps'],
    ['Réseau : octets émis', 'net.if.out[eth0]', 30, 3, 'Bps'],
];
const AGENT_STATE = 'zabbix[host,agent,available]';
const READ_ONLY_API = [
    'event.get', 'history.get', 'host.get', 'hostgroup.get', 'hostinterface.get', 'item.get',
    'problem.get', 'template.get', 'trigger.get', 'user.logout',
];
// Words of the API: kinds of items, gravity of triggers.
const BY_AGENT = 0;
const BY_SERVER = 3;
const INTERNAL = 5;
const WARNING = 2;
const HIGH = 4;

function prune(): void
{
    api('host.delete', array_column(api('host.get', ['output' => ['hostid']]), 'hostid'));
    $stock = api('template.get', ['output' => ['templateid', 'host']]);
    $rest = array_filter($stock, fn ($template) => !preg_match(KEPT, $template['host']));
    api('template.delete', array_column($rest, 'templateid'));
}

function settings(): void
{
    // Probes try wrong passwords on purpose: they must not lock the account out.
    api('settings.update', ['default_lang' => 'fr_FR', 'default_timezone' => 'Europe/Paris',
        'login_attempts' => 32]);
    api('housekeeping.update', ['hk_history_global' => 1, 'hk_history' => '1d',
        'hk_trends_global' => 1, 'hk_trends' => '1d']);
    api('dashboard.update', ['dashboardid' => '1', 'name' => 'Vue du lab', 'pages' => [['widgets' => [
        ['type' => 'problemhosts', 'name' => 'Parties du lab', 'width' => 12, 'height' => 6],
        ['type' => 'hostavail', 'name' => 'Agents', 'x' => 12, 'width' => 12, 'height' => 6],
        ['type' => 'problems', 'name' => 'Problèmes', 'y' => 6, 'width' => 24, 'height' => 10],
    ]]]]);
}

/** The account that labmgr's probes read with; the first boot gives it a password. */
function reader(): void
{
    $role = api('role.create', ['name' => 'Lecture par API', 'type' => 3, 'rules' => [
        'ui.default_access' => 0, 'modules.default_access' => 0, 'actions.default_access' => 0,
        'api.access' => 1, 'api.mode' => 1, 'api' => READ_ONLY_API]])['roleids'][0];
    $group = api('usergroup.create', ['name' => 'Lecture par API', 'gui_access' => 3]);
    api('user.create', ['username' => 'labmgr', 'passwd' => bin2hex(random_bytes(16)), 'roleid' => $role,
        'usrgrps' => [['usrgrpid' => $group['usrgrpids'][0]]]]);
}

function item(string $template, array $item, int $type): array
{
    [$name, $key, $seconds, $kind, $unit] = $item;
    $rate = [['type' => 10, 'params' => '', 'error_handler' => 0, 'error_handler_params' => '']];
    return ['hostid' => $template, 'name' => $name, 'key_' => $key, 'type' => $type,
        'value_type' => $kind, 'delay' => "{$seconds}s", 'units' => $unit, 'history' => '1d',
        'preprocessing' => str_starts_with($key, 'net.if') ? $rate : []]
        + ($kind === 1 ? [] : ['trends' => '1d']);
}

function template(string $name, string $group, array $items, array $trigger): void
{
    $made = api('template.create', ['host' => $name, 'groups' => [['groupid' => $group]]]);
    foreach ($items as [$item, $type]) {
        api('item.create', item($made['templateids'][0], $item, $type));
    }
    [$description, $expression, $priority] = $trigger;
    api('trigger.create', compact('description', 'expression', 'priority'));
}

function templates(): void
{
    $group = api('hostgroup.create', ['name' => 'Templates/Lab'])['groupids'][0];
    $agent = array_map(fn ($item) => [$item, BY_AGENT], AGENT_ITEMS);
    $agent[] = [["Disponibilité de l'agent", AGENT_STATE, 5, 3, ''], INTERNAL];
    template('Lab agent', $group, $agent, ['Agent injoignable sur {HOST.NAME}',
        'last(/Lab agent/' . AGENT_STATE . ')=0', WARNING]);
    foreach (SERVICES as $check => [$service, $key]) {
        // Four bad looks of 5 s each: seen within 20 s, and a service that starts is no alert.
        template("Lab $check", $group, [[["Service $service", $key, 5, 3, ''], BY_SERVER]],
            ["Service $service arrêté sur {HOST.NAME}", "count(/Lab $check/$key,#4,\"eq\",\"0\")=4", HIGH]);
    }
}

api('user.login', ['user' => 'Admin', 'password' => 'zabbix']);
prune();
settings();
templates();
reader();
