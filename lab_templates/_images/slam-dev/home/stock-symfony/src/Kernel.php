<?php

declare(strict_types=1);

namespace Stock;

use Symfony\Bundle\FrameworkBundle\FrameworkBundle;
use Symfony\Bundle\FrameworkBundle\Kernel\MicroKernelTrait;
use Symfony\Component\DependencyInjection\Loader\Configurator\ContainerConfigurator;
use Symfony\Component\HttpKernel\Kernel as NoyauSymfony;
use Symfony\Component\Routing\Loader\Configurator\RoutingConfigurator;

final class Kernel extends NoyauSymfony
{
    use MicroKernelTrait;

    public function registerBundles(): iterable
    {
        yield new FrameworkBundle();
    }

    public function getProjectDir(): string
    {
        return dirname(__DIR__);
    }

    protected function configureContainer(ContainerConfigurator $conteneur): void
    {
        $conteneur->extension('framework', [
            'test' => $this->environment === 'test',
            'http_method_override' => false,
            'router' => ['utf8' => true],
        ]);
        $conteneur->services()
            ->load('Stock\\Controller\\', __DIR__ . '/Controller')
            ->autowire()->autoconfigure()->tag('controller.service_arguments');
    }

    protected function configureRoutes(RoutingConfigurator $routes): void
    {
        $routes->add('stock', '/stock/{reference}')
            ->controller(Controller\StockController::class)
            ->methods(['GET']);
    }
}
