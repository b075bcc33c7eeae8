<?php

// Les composants de Debian, puis les classes de l'application.
require_once 'Symfony/Component/Console/autoload.php';
require_once 'Symfony/Component/Dotenv/autoload.php';
require_once 'Symfony/Component/BrowserKit/autoload.php';
require_once 'Symfony/Component/Yaml/autoload.php';
require_once 'Symfony/Bundle/FrameworkBundle/autoload.php';

spl_autoload_register(static function (string $classe): void {
    if (str_starts_with($classe, 'Stock\\')) {
        require __DIR__ . '/src/' . strtr(substr($classe, 6), '\\', '/') . '.php';
    }
});
